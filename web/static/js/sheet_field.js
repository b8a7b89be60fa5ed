/**
 * One field of the sheet: what its text counts as, and the words beside it when it counts as nothing.
 */
import { readMark } from "./marks.js";
import { say } from "./words.js";

/** @param {HTMLInputElement} input @param {any} criterion @returns {import("./marks.js").Verdict} */
export function judgeField(input, criterion) {
  const verdict = readMark(input.value, criterion);
  const item = /** @type {HTMLElement} */ (input.closest(".item"));
  const problem = /** @type {HTMLElement} */ (item.querySelector(".problem"));
  problem.textContent = verdict.problem === null ? "" : say(`mark_${verdict.problem}`, criterion);
  input.setAttribute("aria-invalid", String(verdict.problem !== null));
  item.classList.toggle("is-wrong", verdict.problem !== null);
  item.classList.toggle("is-done", verdict.problem === null && verdict.mark !== null);
  return verdict;
}
