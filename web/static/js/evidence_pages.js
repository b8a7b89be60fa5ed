/**
 * The pages that an expert noted as evidence for an item. They stay in this browser and are part of no record.
 */
import { say } from "./words.js";

/** @typedef {{url: string, page: number}} Place */

export class EvidencePages {
  /** @param {string} scope session and member @param {Storage} [storage] */
  constructor(scope, storage = localStorage) {
    this.key = `bideval.pages/${scope}`;
    this.storage = storage;
  }

  /** @returns {Record<string, Place>} by field */
  all() {
    return JSON.parse(this.storage.getItem(this.key) ?? "{}");
  }

  /** @param {string} field @param {Place} place */
  note(field, place) {
    this.storage.setItem(this.key, JSON.stringify({ ...this.all(), [field]: place }));
  }

  /** Each item's button says its page. @param {HTMLInputElement[]} inputs @param {(input: HTMLInputElement) => string} fieldOf */
  show(inputs, fieldOf) {
    const all = this.all();
    for (const input of inputs) {
      const place = all[fieldOf(input)];
      const button = input.closest(".item")?.querySelector("[data-page]");
      if (!(button instanceof HTMLElement)) continue;
      button.hidden = !place;
      if (place) button.textContent = say("page", { page: place.page });
    }
  }
}
