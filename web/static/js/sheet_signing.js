/**
 * From the sheet to its signature: the page that shows every value once more, and the one deliberate act.
 * Decided here: what is shown is what is signed. What stops a signature is told by review.js.
 */
import { canonicalBytes, digest } from "./encoding.js";
import { reviewOf, showReview, whyNot } from "./review.js";
import { SheetFields } from "./sheet_fields.js";

export class SheetSigning {
  /** @param {HTMLElement} root @param {any} sheet @param {import("./sheet_keeper.js").SheetKeeper} keeper */
  constructor(root, sheet, keeper) {
    this.sheet = sheet;
    this.keeper = keeper;
    this.view = /** @type {HTMLElement} */ (root.querySelector(".sheet-review"));
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector('[data-act="sign"]'));
  }

  /** @returns {Record<string, Record<string, string|null>>} what is kept, which is what would be signed */
  marks() {
    const row = (/** @type {any} */ bid) => this.sheet.criteria.map((/** @type {any} */ item) =>
      [item.id, this.keeper.kept.get(SheetFields.name(bid.id, item.id))?.mark ?? null]);
    return Object.fromEntries(this.sheet.bids.map((/** @type {any} */ bid) => [bid.id, Object.fromEntries(row(bid))]));
  }

  /** @param {import("./save_state.js").Facts} facts @returns {string} why it cannot be signed now, or nothing */
  show(facts) {
    const marks = this.marks();
    const summary = reviewOf(this.sheet, marks);
    const reason = whyNot(this.sheet, facts, summary);
    showReview(this.view, this.sheet, marks, summary);
    this.text("[data-digest]", digest(canonicalBytes(marks)));
    this.text("[data-why]", reason);
    this.button.disabled = reason !== "";
    return reason;
  }

  /** @param {import("./save_state.js").Facts} facts @returns {Promise<boolean>} whether it was signed */
  async sign(facts) {
    const stopped = this.show(facts) !== "";
    this.button.disabled = true;
    if (stopped) return false;
    await this.keeper.sign(this.marks());
    return true;
  }

  /** The review says the same as the sheet's one fixed place. @param {{tone: string, text: string}} state */
  showState({ tone, text }) {
    const place = /** @type {HTMLElement} */ (this.view.querySelector("[data-review-state]"));
    place.className = `notice is-${tone}`;
    if (place.textContent !== text) place.textContent = text;
  }

  focus() {
    /** @type {HTMLElement} */ (this.view.querySelector("h1")).focus();
  }

  /** @param {string} selector @param {string} text */
  text(selector, text) {
    const target = this.view.querySelector(selector);
    if (target && target.textContent !== text) target.textContent = text;
  }
}
