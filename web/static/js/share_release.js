/**
 * A custodian releases shares: opens, in this browser, what was sealed to its own key, and signs it into the record.
 * Decided here: every share is opened and checked first; one that does not open stops only itself, and is refused.
 */
import { act } from "./acts.js";
import { busy, confirmed, status } from "./forms.js";
import { keysById } from "./keys.js";
import { openShare } from "./seal.js";
import { context, say } from "./words.js";

/**
 * A share that does not open is refused in the record, so that nobody waits for it; a bid has a way of its own.
 * @param {any} page @param {any} seal @param {import("./keys.js").Keys} keys
 */
async function releaseOne(page, seal, keys) {
  const told = { recipient: seal.recipient, custodian: page.actor };
  let share;
  try {
    share = await openShare(seal, page.actor, keys.receiving, page.session);
  } catch (error) {
    if (seal.purpose !== "bid") await act("share.refused", { ...told, reason: "does_not_open" });
    throw error;
  }
  await act("share.released", { ...told, share });
}

/** @param {HTMLFormElement} form */
async function release(form) {
  const page = context();
  const keys = await keysById(page.kid);
  if (keys === undefined) throw new Error(say("no_key"));
  const seals = JSON.parse(form.dataset.seals ?? "[]");
  const failed = [];
  for (const [at, { label, seal }] of seals.entries()) {
    status(form, say("releasing", { done: at + 1, all: seals.length }), "plain");
    try {
      await releaseOne(page, seal, keys);
    } catch (error) {
      failed.push(`${label}: ${/** @type {Error} */ (error).message}`);
    }
  }
  if (failed.length) status(form, say("release_failed", { what: failed.join("; ") }), "bad");
  else status(form, say("released", { all: seals.length }), "ok");
  document.dispatchEvent(new CustomEvent("live:head", { detail: {} }));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.classList.contains("share-release")) return;
  event.preventDefault();
  if (await confirmed(form.dataset.confirm ?? "")) await busy(form, () => release(form));
});
