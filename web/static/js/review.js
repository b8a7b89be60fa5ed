/**
 * Check before signing: every value on one page, what is blank or at an end of its range named in words.
 */
import { isEdge } from "./marks.js";
import { say } from "./words.js";

/** @typedef {{bid: any, criterion: any, mark: string|null}} Cell */

/** @param {any} sheet @param {Record<string, Record<string, string|null>>} marks */
export function reviewOf(sheet, marks) {
  const cells = sheet.bids.flatMap((/** @type {any} */ bid) =>
    sheet.criteria.map((/** @type {any} */ criterion) => ({ bid, criterion, mark: marks[bid.id][criterion.id] })));
  return {
    blanks: cells.filter((/** @type {Cell} */ cell) => cell.mark === null),
    edges: cells.filter((/** @type {Cell} */ cell) => cell.mark !== null && isEdge(cell.mark, cell.criterion)),
  };
}

/**
 * @param {{open: boolean, blanks_allowed: boolean}} sheet @param {{signed: boolean, wrong: number, refused: number, unsent: number, paused?: boolean, out?: boolean}} facts
 * @param {{blanks: unknown[]}} summary @returns {string} why signing must wait, or nothing
 */
export function whyNot(sheet, facts, { blanks }) {
  if (facts.out) return say("why_out");
  if (facts.paused) return say("why_paused");
  if (!sheet.open) return say("why_closed");
  if (facts.signed) return say("why_signed");
  if (facts.wrong) return say("why_wrong", { count: facts.wrong });
  if (facts.refused) return say("why_refused", { count: facts.refused });
  if (facts.unsent) return say("why_unsent", { count: facts.unsent });
  if (blanks.length && !sheet.blanks_allowed) return say("why_blank", { count: blanks.length });
  return "";
}

/** @param {HTMLElement} view @param {any} sheet @param {Record<string, Record<string, string|null>>} marks @param {{blanks: Cell[], edges: Cell[]}} summary */
export function showReview(view, sheet, marks, { blanks, edges }) {
  const body = /** @type {HTMLElement} */ (view.querySelector("[data-values]"));
  body.replaceChildren(...sheet.criteria.map((/** @type {any} */ criterion) => row(sheet, criterion, marks)));
  list(/** @type {HTMLElement} */ (view.querySelector("[data-blanks]")), blanks, (cell) => cellName(cell));
  list(/** @type {HTMLElement} */ (view.querySelector("[data-edges]")), edges, (cell) => `${cellName(cell)}: ${cell.mark}`);
}

/** @param {Cell} cell */
const cellName = (cell) => `${cell.bid.label} · ${cell.criterion.name}`;

/** @param {HTMLElement} target @param {Cell[]} cells @param {(cell: Cell) => string} text */
function list(target, cells, text) {
  const items = cells.map((cell) => {
    const item = document.createElement("li");
    item.textContent = text(cell);
    return item;
  });
  target.replaceChildren(...items);
  const frame = /** @type {HTMLElement} */ (target.closest(".notice"));
  frame.hidden = cells.length === 0;
}

/** @param {any} sheet @param {any} criterion @param {Record<string, Record<string, string|null>>} marks */
function row(sheet, criterion, marks) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = `${criterion.name} (${criterion.min}–${criterion.max})`;
  line.append(head);
  for (const bid of sheet.bids) {
    const cell = document.createElement("td");
    const mark = marks[bid.id][criterion.id];
    cell.className = "number review-value";
    cell.classList.toggle("is-blank", mark === null);
    cell.classList.toggle("is-edge", mark !== null && isEdge(mark, criterion));
    cell.textContent = mark ?? say("blank");
    line.append(cell);
  }
  return line;
}
