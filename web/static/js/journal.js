/**
 * The journal: what was typed, written synchronously at every keystroke, before anything that can wait.
 * One localStorage item per field, so that two pages never overwrite each other's fields.
 * An item is removed only when the very text it holds has been signed and stored.
 */
const PREFIX = "bideval.journal";

export class Journal {
  /** @param {string} scope session and seat @param {Storage} [storage] */
  constructor(scope, storage = localStorage) {
    this.prefix = `${PREFIX}/${scope}/`;
    this.storage = storage;
  }

  /** @param {string} field @param {string} text @returns {boolean} whether this machine keeps it */
  note(field, text) {
    try {
      this.storage.setItem(this.prefix + field, text);
      return true;
    } catch {
      return false;
    }
  }

  /** Forget a field, but only if it still holds `text`. @param {string} field @param {string} text */
  clear(field, text) {
    if (this.storage.getItem(this.prefix + field) === text) this.storage.removeItem(this.prefix + field);
  }

  /** @returns {Map<string, string>} every field that was typed and not yet stored */
  pending() {
    const found = new Map();
    for (let at = 0; at < this.storage.length; at += 1) {
      const key = this.storage.key(at) ?? "";
      if (key.startsWith(this.prefix)) found.set(key.slice(this.prefix.length), this.storage.getItem(key) ?? "");
    }
    return found;
  }
}
