/**
 * The bidder's sealing page: opening sheet and files are sealed in this browser; only ciphertext leaves it.
 * Decided here: the order (digest, seal, upload, sign) and what the receipt holds.
 */
import { act } from "./acts.js";
import { canonicalText, hex, randomBytes } from "./encoding.js";
import { bodyOf, busy, confirmed, status } from "./forms.js";
import { makeManifest, packageBlob, sealBlob } from "./package.js";
import { LineDown, Refused } from "./post.js";
import { drawCode } from "./qr.js";
import { dealSeal } from "./seal.js";
import { context, say } from "./words.js";

const MAX_NAME = 120;
const READABLE = new Set(["application/pdf", "image/png", "image/jpeg"]);

/** @param {HTMLElement} root @param {string} word @param {number} done @param {number} all */
function progress(root, word, done, all) {
  const bar = /** @type {HTMLProgressElement} */ (root.querySelector("progress"));
  bar.max = Math.max(all, 1);
  bar.value = done;
  /** @type {HTMLElement} */ (root.querySelector("[data-progress]")).textContent =
    `${say(word)} ${Math.floor((done / Math.max(all, 1)) * 100)} %`;
}

/** PUT with progress, which fetch does not tell. @param {string} url @param {Blob} blob @param {(done: number) => void} tell */
function upload(url, blob, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = (event) => tell(event.loaded);
    request.onerror = () => reject(new LineDown(url));
    request.onload = () => {
      if (request.status < 300) return resolve(undefined);
      const answer = request.responseText ? JSON.parse(request.responseText) : {};
      reject(new Refused(request.status, answer.error ?? {}));
    };
    request.send(blob);
  });
}

/** @param {Record<string, any>} fields @param {File[]} files @param {HTMLElement} root */
async function sealBid(fields, files, root) {
  const page = context();
  const { lot, ...sheet } = fields;
  const bid = `bid-${hex(randomBytes(4))}`;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const parts = { session: page.session, bid, lot, bidder: page.actor, sheet };
  const manifest = await makeManifest(parts, files, (done) => progress(root, "step_digest", done, total));
  const { identity: _dropped, seal, recipient } = await dealt(page);
  const plain = packageBlob(manifest, files);
  const { sealed, sha256, size, forget } = await sealBlob(plain, recipient, (done) => progress(root, "step_seal", done, plain.size));
  await upload(`/api/files/${sha256}`, sealed, (done) => progress(root, "step_upload", done, size)).finally(forget);
  const body = { bid, lot, ciphertext: { sha256, size }, seal };
  const answer = await act("bid.sealed", body);
  return { bid, lot, sha256, size, recipient, answer, names: files.map((file) => file.name) };
}

/** @param {any} page */
async function dealt(page) {
  const made = await dealSeal({ session: page.session, purpose: "bid", ...page.custody });
  return { ...made, recipient: made.seal.recipient };
}

/** @param {any} made @param {HTMLElement} view */
function showReceipt(made, view) {
  const page = context();
  const receipt = {
    format: "bideval-bid-receipt/1", session: page.session, bid: made.bid, lot: made.lot, entry: made.answer.entry,
    ciphertext: { sha256: made.sha256, size: made.size }, receipt: made.answer.receipt ?? null, kept: made.answer.kept ?? null, jws: made.answer.jws,
  };
  const text = canonicalText(receipt);
  for (const [name, value] of Object.entries({ bid: made.bid, entry: made.answer.entry, sha256: made.sha256, files: made.names.join("、") })) {
    /** @type {HTMLElement} */ (view.querySelector(`[data-receipt="${name}"]`)).textContent = value;
  }
  const save = /** @type {HTMLAnchorElement} */ (view.querySelector("a[download]"));
  save.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  save.download = `receipt-${made.bid}.json`;
  drawCode(/** @type {HTMLCanvasElement} */ (view.querySelector("canvas")), made.answer.kept ?? `bideval:${page.session}:${made.answer.entry}`);
  view.querySelector("[data-print]")?.addEventListener("click", () => print());
  view.hidden = false;
  view.scrollIntoView();
  /** @type {HTMLElement} */ (view.querySelector("h2")).focus();
}

const form = /** @type {HTMLFormElement|null} */ (document.getElementById("seal-bid"));
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const files = Array.from(/** @type {HTMLInputElement} */ (form.elements.namedItem("files")).files ?? []);
  if (files.some((file) => file.name.length > MAX_NAME)) return status(form, say("name_too_long"), "bad");
  if (files.some((file) => !READABLE.has(file.type))) return status(form, say("files_unreadable"), "bad");
  if (!(await confirmed(form.dataset.confirm ?? ""))) return;
  const root = /** @type {HTMLElement} */ (document.getElementById("seal-progress"));
  root.hidden = false;
  await busy(form, async () => {
    const made = await sealBid(bodyOf(form), files, root);
    status(form, say("bid_sealed"), "ok");
    root.hidden = true;
    showReceipt(made, /** @type {HTMLElement} */ (document.getElementById("bid-receipt")));
  });
});
