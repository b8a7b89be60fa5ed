/**
 * The numbers around the fields: how many items of each bid have a mark, sums of its groups, the sum so far.
 * Decided here: that a text which is no mark counts for nothing. Sums are exact decimals (marks.js).
 */
import { readMark, sum } from "./marks.js";
import { say } from "./words.js";

/** @param {Element} target @param {string} text */
function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** @param {HTMLInputElement[]} inputs @param {Map<string, any>} criteria @returns {string[]} */
function marksOf(inputs, criteria) {
  const marks = inputs.map((input) => readMark(input.value, criteria.get(input.dataset.criterion ?? "")).mark);
  return /** @type {string[]} */ (marks.filter((mark) => typeof mark === "string"));
}

/**
 * @param {HTMLElement} root @param {HTMLInputElement[]} inputs @param {Map<string, any>} criteria
 * @param {{bids: {id: string}[], bid: string}} sheet all bids, and the one in view
 * @returns {number} items without a mark, over all bids
 */
export function showTotals(root, inputs, criteria, { bids, bid }) {
  let missing = 0;
  for (const each of bids) {
    const own = inputs.filter((input) => input.dataset.bid === each.id);
    const marks = marksOf(own, criteria);
    missing += own.length - marks.length;
    const count = /** @type {Element} */ (root.querySelector(`[data-tab="${each.id}"] .count`));
    write(count, `${marks.length}/${own.length}`);
    count.classList.toggle("is-full", marks.length === own.length);
    if (each.id !== bid) continue;
    showGroups(root, own, criteria);
    write(/** @type {Element} */ (root.querySelector("[data-sum]")), sum(marks));
    const left = own.length - marks.length;
    write(/** @type {Element} */ (root.querySelector("[data-left]")), left === 0 ? say("none_left") : say("left", { count: left }));
  }
  return missing;
}

/** @param {HTMLElement} root @param {HTMLInputElement[]} inputs of the bid in view @param {Map<string, any>} criteria */
function showGroups(root, inputs, criteria) {
  for (const group of root.querySelectorAll("[role=tabpanel]:not([hidden]) [data-group]")) {
    const own = inputs.filter((input) => group.contains(input));
    const total = group.querySelector("[data-subtotal]");
    if (total) write(total, sum(marksOf(own, criteria)));
  }
}
