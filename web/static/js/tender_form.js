/**
 * The officer's tender: a bideval-tender/1 file and its documents, looked at before it is signed.
 * Decided here: digests and sizes of documents are taken in this browser; upload comes before the entry.
 */
import { act } from "./acts.js";
import { bodyOf, busy, confirmed, status, succeed } from "./forms.js";
import { blobDigest } from "./package.js";
import { send } from "./post.js";
import { say } from "./words.js";

const form = /** @type {HTMLFormElement|null} */ (document.getElementById("tender"));
const FORMAT = "bideval-tender/1";
const BEIJING_MS = 8 * 3_600_000;

/** @param {HTMLFormElement} target @returns {Promise<any>} the tender of the chosen file as it is */
async function fileOf(target) {
  const file = /** @type {HTMLInputElement} */ (target.elements.namedItem("file")).files?.[0];
  if (!file) return {};
  const tender = JSON.parse(await file.text());
  const lists = [tender?.method?.criteria, tender?.requirements];
  const whole = lists.every((list) => list === undefined || Array.isArray(list));
  if ((tender?.format ?? FORMAT) !== FORMAT || Object.prototype.toString.call(tender) !== "[object Object]" || !whole) {
    throw new TypeError("not a tender");
  }
  return tender;
}

/** @param {unknown} instant as a file states it, at whatever offset @returns {string} for a field of Beijing time */
function beijing(instant) {
  const ms = typeof instant === "string" ? Date.parse(instant) : Number.NaN;
  return Number.isNaN(ms) ? "" : new Date(ms + BEIJING_MS).toISOString().slice(0, 19);
}

/** @param {HTMLFormElement} target @returns {Promise<any>} that tender with the form's fields over it */
async function tenderOf(target) {
  const base = await fileOf(target);
  const typed = bodyOf(target);
  if (typed.deadline && beijing(typed.deadline) === beijing(base.deadline)) delete typed.deadline;
  const changed = Object.entries(typed).filter(([, value]) => value !== "" && value !== null);
  return { format: FORMAT, ...base, ...Object.fromEntries(changed) };
}

/** @param {File[]} files @param {(text: string) => void} tell */
async function uploadAll(files, tell) {
  const documents = [];
  for (const file of files) {
    tell(say("uploading", { name: file.name }));
    const sha256 = await blobDigest(file);
    await send(`/api/files/${sha256}`, { method: "PUT", headers: { "content-type": "application/octet-stream" }, body: file });
    documents.push({ name: file.name, sha256, size: file.size, media_type: file.type || "application/octet-stream" });
  }
  return documents;
}

form?.addEventListener("change", async (event) => {
  if (/** @type {HTMLInputElement} */ (event.target).name !== "file") return;
  try {
    const tender = await fileOf(form);
    for (const name of ["number", "title", "procuring_entity", "agent", "category", "budget", "ceiling", "decryption_minutes"]) {
      const input = /** @type {HTMLInputElement|null} */ (form.elements.namedItem(name));
      if (input) input.value = tender[name] ?? "";
    }
    const deadline = /** @type {HTMLInputElement} */ (form.elements.namedItem("deadline"));
    deadline.value = beijing(tender.deadline);
    status(form, say("tender_read", { criteria: tender.method?.criteria?.length ?? 0, requirements: tender.requirements?.length ?? 0 }), "ok");
  } catch {
    status(form, say("tender_unreadable"), "bad");
  }
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!(await confirmed(form.dataset.confirm ?? ""))) return;
  await busy(form, async () => {
    const files = Array.from(/** @type {HTMLInputElement} */ (form.elements.namedItem("documents")).files ?? []);
    const documents = await uploadAll(files, (text) => status(form, text, "plain"));
    const tender = await tenderOf(form);
    if (documents.length) tender.documents = documents;
    succeed(form, (await act("tender.published", { tender })).saved);
    location.reload();
  });
});
