/**
 * How far this person's newest entry has spread: saved at this venue, or saved by the session.
 * Decided here: which of two reports counts when they cross on their way, and when to ask because none came.
 */
import { send } from "./post.js";

const REMEMBERED = 64;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 30_000;

/** @typedef {"here"|"session"} Saved */

export class Spread extends EventTarget {
  /** Told to be saved by the session, perhaps before their own acknowledgement was read. @type {Set<string>} */
  #wide = new Set();
  #newest = "";
  #wait = FIRST_WAIT;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;
  /** @type {Saved|null} */ saved = null;

  /** @param {string} session @param {(url: string) => Promise<{saved: Saved}>} [ask] */
  constructor(session, ask = send) {
    super();
    this.session = session;
    this.ask = ask;
  }

  /** The server's answer to an entry. The hint that it went further may have overtaken it. @param {string} entry @param {Saved} saved */
  acknowledged(entry, saved) {
    this.#newest = entry;
    this.#wait = FIRST_WAIT;
    this.#become(saved === "session" || this.#wide.has(entry) ? "session" : "here");
  }

  /** A hint of the live line. @param {{entry: string, saved: Saved}} news */
  told({ entry, saved }) {
    if (saved !== "session") return;
    this.#wide.add(entry);
    if (this.#wide.size > REMEMBERED) this.#wide.delete(/** @type {string} */ (this.#wide.values().next().value));
    if (entry === this.#newest) this.#become("session");
  }

  /** @param {Saved} saved */
  #become(saved) {
    clearTimeout(this.#timer);
    if (saved === "here") this.#timer = setTimeout(() => void this.askAgain(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    if (saved === this.saved && saved === "here") return;
    this.saved = saved;
    this.dispatchEvent(new Event("spread"));
  }

  /** A hint may be lost with its line; the server knows. */
  async askAgain() {
    const entry = this.#newest;
    const url = `/api/sessions/${encodeURIComponent(this.session)}/entries/${entry}`;
    const { saved } = await this.ask(url).catch(() => ({ saved: /** @type {Saved} */ ("here") }));
    if (entry === this.#newest && this.saved !== "session") this.#become(saved);
  }
}
