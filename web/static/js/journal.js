/**
 * The journal: what was typed, written synchronously at every keystroke, before anything that can wait.
 * Decided here: it is kept twice. localStorage has a keystroke at once, in any page that dies, but brings it to the disk
 * seconds later and loses those when the whole browser is killed; the vault has it on the disk within milliseconds.
 * Each text has a number; the newer one counts, so that a stale copy never comes back over what was stored after it.
 * A text is forgotten only when the very text has been signed and stored. One item per field, so that two pages never
 * overwrite each other's fields.
 */
import * as vault from "./vault.js";

const PREFIX = "bideval.journal";

/** @typedef {{order: number, text: string|null}} Typed null: nothing is pending any more */
/** @typedef {{read: (prefix: string) => Promise<[string, Typed][]>, write: (key: string, typed: Typed) => Promise<unknown>}} Disk */

/** @type {Disk} */
const DISK = {
  read: (prefix) => vault.pairs("facts", prefix),
  write: (key, typed) => vault.put("facts", key, typed),
};

export class Journal {
  order = 0;
  /** @type {Map<string, Typed>} */ onDisk = new Map();

  /** @param {string} scope session and seat @param {Storage} [storage] @param {Disk} [disk] */
  constructor(scope, storage = localStorage, disk = DISK) {
    this.prefix = `${PREFIX}/${scope}/`;
    this.deep = `${scope}/typed/`;
    this.storage = storage;
    this.disk = disk;
  }

  /** Read what the disk kept, before anything is noted. @returns {Promise<Journal>} */
  async load() {
    for (const [key, typed] of await this.disk.read(this.deep)) this.onDisk.set(key.slice(this.deep.length), typed);
    const orders = [...this.onDisk.values(), ...this.inStorage().values()].map(({ order }) => order);
    this.order = Math.max(this.order, ...orders);
    return this;
  }

  /** @param {string} field @param {string} text @returns {boolean} whether this machine keeps it */
  note(field, text) {
    const typed = { order: ++this.order, text };
    this.keep(field, typed);
    try {
      this.storage.setItem(this.prefix + field, `${typed.order}\n${text}`);
      return true;
    } catch {
      return false;
    }
  }

  /** Forget a field, but only if it still holds `text`. @param {string} field @param {string} text */
  clear(field, text) {
    if (this.pending().get(field) !== text) return;
    this.storage.removeItem(this.prefix + field);
    this.keep(field, { order: ++this.order, text: null });
  }

  /** @returns {Map<string, string>} every field that was typed and not yet stored */
  pending() {
    const newest = new Map(this.onDisk);
    this.inStorage().forEach((typed, field) => {
      if (typed.order >= (newest.get(field)?.order ?? 0)) newest.set(field, typed);
    });
    return new Map(Array.from(newest).flatMap(([field, { text }]) => (text === null ? [] : [/** @type {[string, string]} */ ([field, text])])));
  }

  /** @param {string} field @param {Typed} typed */
  keep(field, typed) {
    this.onDisk.set(field, typed);
    void this.disk.write(this.deep + field, typed).catch(() => {}); // the other copy is there, and storing a mark tells of a full disk
  }

  /** @returns {Map<string, Typed>} an item without a number is from before there were any */
  inStorage() {
    const found = new Map();
    for (let at = 0; at < this.storage.length; at += 1) {
      const key = this.storage.key(at) ?? "";
      if (!key.startsWith(this.prefix)) continue;
      const [order, text] = /** @type {string} */ (this.storage.getItem(key)).split("\n");
      found.set(key.slice(this.prefix.length), text === undefined ? { order: 0, text: order } : { order: Number(order), text });
    }
    return found;
  }
}
