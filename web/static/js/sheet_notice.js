/**
 * The notice over the sheet: one text at a time, the most pressing first.
 * Decided here: what stops the work comes before what was refused, and that before what is only to be known.
 */
const RANKS = ["halt", "trouble", "refused", "news"];

export class SheetNotice {
  /** @type {Map<string, string>} */ texts = new Map();

  /** @param {HTMLElement} box @param {(rank: string) => void} read told when somebody has read it */
  constructor(box, read) {
    this.box = box;
    this.button = /** @type {HTMLElement} */ (box.querySelector("button"));
    this.button.addEventListener("click", () => read(this.rank ?? ""));
  }

  /** @returns {string|undefined} of what is shown */
  get rank() {
    return RANKS.find((rank) => this.texts.get(rank));
  }

  /** @param {"halt"|"trouble"|"refused"|"news"} rank @param {string} text nothing takes it away */
  tell(rank, text) {
    this.texts.set(rank, text);
    const shown = this.texts.get(this.rank ?? "") ?? "";
    this.box.hidden = shown === "";
    this.box.className = `notice is-${this.rank === "news" ? "warn" : "bad"}`;
    const place = /** @type {HTMLElement} */ (this.box.querySelector("[data-text]"));
    if (place.textContent !== shown) place.textContent = shown;
    this.button.hidden = this.rank === "halt" || this.rank === "trouble";
  }
}
