/**
 * The responsiveness matrix: requirement by requirement, bid by bid; one signed verdict per bid.
 * Decided here: a bid with any failed requirement is unresponsive, the first failed one is named, reasons are joined.
 */
import { act } from "./acts.js";
import { busy, confirmed, status, succeed } from "./forms.js";
import { say } from "./words.js";

/** @param {HTMLFormElement} form @returns {{body: Record<string, unknown>, open: number, mute: number}} */
function verdictOf(form) {
  const bid = form.dataset.bid ?? "";
  const cells = Array.from(document.querySelectorAll(`[data-cell][data-bid="${CSS.escape(bid)}"]`));
  const answers = cells.map((cell) => ({
    requirement: /** @type {HTMLElement} */ (cell).dataset.requirement ?? "",
    verdict: /** @type {HTMLInputElement|null} */ (cell.querySelector("input:checked"))?.value,
    reason: /** @type {HTMLInputElement|null} */ (cell.querySelector("[data-reason]"))?.value.trim() ?? "",
  }));
  const failed = answers.filter((answer) => answer.verdict === "fail");
  return {
    open: answers.filter((answer) => answer.verdict === undefined).length,
    mute: failed.filter((answer) => answer.reason === "").length,
    body: {
      bid,
      verdict: failed.length ? "unresponsive" : "responsive",
      requirement: failed[0]?.requirement ?? null,
      reason: failed.map((answer) => `${answer.requirement}: ${answer.reason}`).join("\n"),
    },
  };
}

/** @param {HTMLFormElement} form */
async function submit(form) {
  const { body, open, mute } = verdictOf(form);
  if (open) return status(form, say("cells_open", { count: open }), "bad");
  if (mute) return status(form, say("reason_needed", { count: mute }), "bad");
  const text = say(body.verdict === "responsive" ? "confirm_responsive" : "confirm_unresponsive", { bid: form.dataset.label ?? "" });
  if (!(await confirmed(text))) return;
  await busy(form, async () => succeed(form, (await act("responsiveness.voted", body)).saved));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.classList.contains("verdict")) return;
  event.preventDefault();
  void submit(form);
});

document.addEventListener("change", (event) => {
  const cell = /** @type {HTMLElement} */ (event.target).closest("[data-cell]");
  const reason = cell?.querySelector("[data-reason]");
  if (!(reason instanceof HTMLElement)) return;
  const failed = /** @type {HTMLInputElement|null} */ (cell?.querySelector("input:checked"))?.value === "fail";
  reason.hidden = !failed;
  if (failed) reason.focus();
});
