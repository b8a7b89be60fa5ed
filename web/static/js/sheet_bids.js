/**
 * Which bid is in view: its tab, its fields, its files, and the pages noted for its items.
 * Decided here: turning to a bid shows all of it at once. Not decided here: what is typed (sheet_fields.js).
 */
import { EvidencePages } from "./evidence_pages.js";
import { say } from "./words.js";

export class SheetBids {
  /**
   * @param {HTMLElement} root @param {{id: string, files: any[]}[]} bids @param {import("./sheet_fields.js").SheetFields} fields
   * @param {string} scope session and member
   */
  constructor(root, bids, fields, scope) {
    this.root = root;
    this.bids = bids;
    this.fields = fields;
    this.viewer = /** @type {import("./pdf_view.js").PdfView} */ (root.querySelector("pdf-view"));
    this.pages = new EvidencePages(scope);
    this.viewer.addEventListener("page", () => this.showPages());
    root.addEventListener("focusin", () => this.showPages());
  }

  /** @param {string} bid @param {{focus?: boolean}} [how] */
  show(bid, { focus = true } = {}) {
    this.fields.bid = bid;
    this.root.querySelectorAll("[data-tab]").forEach((tab) => {
      tab.setAttribute("aria-selected", String(/** @type {HTMLElement} */ (tab).dataset.tab === bid));
    });
    this.root.querySelectorAll("[data-panel]").forEach((panel) => {
      /** @type {HTMLElement} */ (panel).hidden = /** @type {HTMLElement} */ (panel).dataset.panel !== bid;
    });
    void this.viewer.show(this.bids.find((each) => each.id === bid)?.files ?? []);
    this.fields.changed();
    if (focus) this.fields.first()?.focus();
  }

  /** At once: who types on while marks are being stored types into the next bid, not into this one. @param {number} step */
  turn(step) {
    const ids = this.bids.map((bid) => bid.id);
    const next = ids[ids.indexOf(this.fields.bid) + step];
    if (next !== undefined) this.turnTo(next);
  }

  /** @param {string} bid */
  turnTo(bid) {
    this.fields.flush();
    this.show(bid);
  }

  /** @param {HTMLInputElement|undefined} input */
  jump(input) {
    const place = input && this.pages.all()[this.fields.nameOf(input)];
    if (place) void this.viewer.open(place.url).then(() => this.viewer.go(place.page));
    else this.viewer.note(say("no_page"));
  }

  remember() {
    const { current } = this.fields;
    if (!current || !this.viewer.file) return;
    this.pages.note(this.fields.nameOf(current), { url: this.viewer.url, page: this.viewer.page });
    this.showPages();
  }

  showPages() {
    this.pages.show(this.fields.inputs, (input) => this.fields.nameOf(input));
  }
}
