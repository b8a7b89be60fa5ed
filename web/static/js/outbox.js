/**
 * The outbox: signed entries on their way to this venue's server.
 * Decided here: an entry and the replica of what it says are stored in ONE strict transaction; entries leave in the
 * order they were made; only an acknowledgement removes one. A refused entry is kept aside and told, never dropped.
 * Those that have waited go together: the server takes as many as it does not refuse, and the rest is sent again.
 */
import { LineDown, postJson } from "./post.js";
import * as vault from "./vault.js";
import { explain } from "./words.js";

const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 15_000;
/** Entries, and characters of them, that the server takes in one request. */
const TOGETHER = 64;
const CHARACTERS = 900_000;

/** @typedef {{id: string, session: string, jws: string, hash: string, kind: string, field?: string, refused?: string}} Waiting */

export class Outbox extends EventTarget {
  /** @param {string} session @param {(url: string, body: unknown) => Promise<any>} [post] */
  constructor(session, post = postJson) {
    super();
    this.session = session;
    this.post = post;
    this.pause = FIRST_PAUSE;
    this.downSince = 0;
    this.running = false;
    this.held = false;
    /** What was sent together was refused: the first is sent alone, so that the refusal is its own. */
    this.alone = false;
    /** Refusals that pass by themselves: what they met stays where it is and is sent again. @type {Set<string>} */
    this.waitsFor = new Set();
  }

  /** Keep everything here for a while, or let it go. @param {boolean} held */
  hold(held) {
    this.held = held;
    if (!held) void this.run();
  }

  key(/** @type {number} */ order) {
    return `${this.session}/${String(order).padStart(12, "0")}`;
  }

  /**
   * Store entry and replica together; resolves when both are on the disk.
   * @param {Waiting} waiting @param {number} order rising @param {{key: string, value: unknown}[]} [replica] @param {{key: string, value: unknown}[]} [facts]
   */
  async add(waiting, order, replica = [], facts = []) {
    await vault.write(["outbox", "replica", "facts"], (of) => {
      of("outbox").put(waiting, this.key(order));
      replica.forEach(({ key, value }) => of("replica").put(value, `${this.session}/${key}`));
      facts.forEach(({ key, value }) => of("facts").put(value, `${this.session}/${key}`));
    });
    this.tell("kept", waiting);
    void this.run();
  }

  /** @returns {Promise<Waiting[]>} entries without an acknowledgement, oldest first */
  async waiting() {
    return (await vault.pairs("outbox", `${this.session}/`)).map(([, entry]) => entry);
  }

  async unsent() {
    return (await this.waiting()).length;
  }

  /** Send what waits, until nothing does. Never two at a time. */
  async run() {
    if (this.running || this.held) return;
    this.running = true;
    try {
      while (!this.held && (await this.sendFirst()));
    } finally {
      this.running = false;
    }
  }

  /** @returns {Promise<boolean>} whether there may be more to send now */
  async sendFirst() {
    const all = await vault.pairs("outbox", `${this.session}/`);
    const [first, ...rest] = all.filter(([, waiting]) => !waiting.refused);
    if (first === undefined) return false;
    const sent = this.alone ? [first] : together(first, rest);
    this.alone = false;
    try {
      const answers = await this.send(sent.map(([, entry]) => entry));
      const saved = sent.slice(0, answers.length);
      await vault.write(["outbox"], (of) => saved.forEach(([key]) => of("outbox").delete(key)));
      this.pause = FIRST_PAUSE;
      this.downSince = 0;
      saved.forEach(([, entry], at) => this.tell("acknowledged", { ...entry, answer: answers[at] }));
      return true;
    } catch (error) {
      const { status, code = "" } = /** @type {{status?: number, code?: string}} */ (error);
      const passes = error instanceof LineDown || status === 401 || this.waitsFor.has(code);
      if (!passes && sent.length > 1) return (this.alone = true);
      if (!passes) return this.setAside(first[0], first[1], /** @type {Error} */ (error));
      this.retryLater();
      return false;
    }
  }

  /** @param {Waiting[]} entries @returns {Promise<any[]>} what the server answers to those that it has saved, from the first */
  async send(entries) {
    const [{ session, jws }] = entries;
    if (entries.length === 1) return [await this.post("/api/entries", { session, jws })];
    const answer = await this.post("/api/entries/several", { session, jws: entries.map((entry) => entry.jws) });
    if (!answer.saved?.length) throw new LineDown("an answer without a receipt");
    return answer.saved;
  }

  /** @param {string} key @param {Waiting} entry @param {Error} error */
  async setAside(key, entry, error) {
    const refused = { ...entry, refused: explain(error) };
    await vault.put("outbox", key, refused);
    this.tell("refused", refused);
    return true;
  }

  retryLater() {
    this.downSince ||= Date.now();
    this.tell("down", { since: this.downSince });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.run(), this.pause * (0.5 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  /** Refused entries are removed only when the person has seen why. @param {string} id */
  async dismiss(id) {
    const all = await vault.pairs("outbox", `${this.session}/`);
    const key = all.find(([, entry]) => entry.id === id && entry.refused)?.[0];
    if (key !== undefined) await vault.write(["outbox"], (of) => void of("outbox").delete(key));
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * What goes in one request with the first: those of its session behind it, as far as the request holds them.
 * @param {[string, Waiting]} first @param {[string, Waiting][]} rest @returns {[string, Waiting][]}
 */
function together(first, rest) {
  let characters = first[1].jws.length;
  const others = rest.slice(0, TOGETHER - 1);
  const end = others.findIndex(([, entry]) => (characters += entry.jws.length) > CHARACTERS || entry.session !== first[1].session);
  return [first, ...(end < 0 ? others : others.slice(0, end))];
}
