/**
 * Keeps one expert's marks: journal, then check, then sign, then {outbox + replica}, then the server.
 * Decided here: that order, and when a mark counts as kept. Shows nothing: the workbench does.
 */
import { b64u } from "./encoding.js";
import { makeEntry } from "./entry.js";
import { Journal } from "./journal.js";
import { allKeys } from "./keys.js";
import { now } from "./clock.js";
import { Outbox } from "./outbox.js";
import { dealSeal, encryptTo, paddedMark, paddedScoresheet } from "./seal.js";
import * as vault from "./vault.js";

/**
 * @typedef {{session: string, author: string, head: {size: number, root: string}|null, counter: number,
 *   dealt: string|null, custody: {threshold: number, custodians: {actor: string, recipient: string}[]}}} Sheet
 * @typedef {{text: string, mark: string|null, counter: number}} Kept
 */

export class SheetKeeper {
  /** @type {Promise<unknown>} */ chain = Promise.resolve();
  /** @type {Map<string, Kept>} */ kept = new Map();
  counter = 0;
  writing = 0;

  /** @param {Sheet} sheet @param {import("./keys.js").Keys} keys @param {Outbox} [outbox] */
  constructor(sheet, keys, outbox = new Outbox(sheet.session)) {
    this.sheet = sheet;
    this.keys = keys;
    this.outbox = outbox;
    this.scope = `${sheet.session}/${keys.kid}`;
    this.journal = new Journal(this.scope);
    outbox.session = this.scope;
    outbox.waitsFor.add("session_paused");
  }

  /** Read what this machine kept; deal the seal for marks if this key has none. @returns {Promise<Map<string, string>>} texts to show */
  async start() {
    for (const [key, value] of await vault.pairs("replica", `${this.scope}/mark/`)) {
      this.kept.set(key.slice(`${this.scope}/mark/`.length), value);
    }
    await this.journal.load();
    this.counter = Math.max(this.sheet.counter, (await vault.get("facts", `${this.scope}/counter`)) ?? 0);
    this.signed = (await vault.get("facts", `${this.scope}/signed`)) ?? null;
    this.recipient = await this.dealt();
    void this.outbox.run();
    for (const [field, text] of await this.inherited()) if (!this.kept.has(field)) this.journal.note(field, text);
    const texts = new Map(Array.from(this.kept, ([field, value]) => [field, value.text]));
    this.journal.pending().forEach((text, field) => texts.set(field, text));
    return texts;
  }

  /**
   * What this person gave in this browser under earlier keys of the session. Those keys are closed: it is sealed anew.
   * @returns {Promise<Map<string, string>>} texts by field
   */
  async inherited() {
    const { session, author } = this.sheet;
    const mine = (await allKeys()).filter((each) => each.session === session && each.person === author && each.kid !== this.keys.kid);
    /** @type {Map<string, Kept>} */
    const found = new Map();
    const typed = new Map();
    for (const { kid } of mine) {
      const prefix = `${session}/${kid}/mark/`;
      for (const [key, value] of await vault.pairs("replica", prefix)) {
        const field = key.slice(prefix.length);
        if (value.counter > (found.get(field)?.counter ?? 0)) found.set(field, value);
      }
      (await new Journal(`${session}/${kid}`).load()).pending().forEach((text, field) => typed.set(field, text));
    }
    return new Map([...Array.from(found, ([field, { text }]) => /** @type {[string, string]} */ ([field, text])), ...typed]);
  }

  /** @returns {Promise<string>} the recipient that this key's marks are sealed to; dealt once per key and session */
  async dealt() {
    const name = `marks/${this.scope}`;
    const secret = await vault.get("secrets", name);
    if (secret && (this.sheet.dealt === null || this.sheet.dealt === secret.recipient)) return secret.recipient;
    if (secret) await this.sealAnew();
    const { identity, seal } = await dealSeal({ session: this.sheet.session, purpose: "marks", ...this.sheet.custody });
    const order = ++this.counter;
    const entry = await this.entry("marks.dealt", { seal });
    await vault.write(["secrets", "outbox", "facts"], (of) => {
      of("secrets").put({ identity, recipient: seal.recipient }, name);
      of("outbox").put({ ...entry, session: this.sheet.session, kind: "marks.dealt" }, this.outbox.key(order));
      of("facts").put(order, `${this.scope}/counter`);
    });
    return seal.recipient;
  }

  /** Custodians could not open the seal: nothing sealed to it counts, so every mark goes back to what was typed. */
  async sealAnew() {
    const fields = Array.from(this.kept.keys());
    fields.forEach((field) => this.journal.note(field, this.kept.get(field)?.text ?? ""));
    this.kept.clear();
    this.signed = null;
    await vault.write(["replica", "facts"], (of) => {
      fields.forEach((field) => void of("replica").delete(`${this.scope}/mark/${field}`));
      of("facts").put(null, `${this.scope}/signed`);
    });
  }

  /** @param {string} kind @param {Record<string, unknown>} body */
  entry(kind, body) {
    const { session, author, head } = this.sheet;
    return makeEntry(this.keys, { session, author, kind, body, now: now(), seen: head });
  }

  /** Every keystroke comes here first, before anything that can wait. @param {string} field @param {string} text */
  note(field, text) {
    return this.journal.note(field, text);
  }

  /** A valid mark joins the chain of writes. @param {string} field "bid/criterion" @param {string} text @param {string|null} mark */
  save(field, text, mark) {
    this.writing += 1;
    const write = this.chain.then(() => this.store(field, text, mark)).finally(() => (this.writing -= 1));
    this.chain = write.catch(() => {});
    return write;
  }

  /** @param {string} field @param {string} text @param {string|null} mark */
  async store(field, text, mark) {
    if ((this.kept.get(field)?.mark ?? null) === mark) {
      if (this.kept.has(field)) this.kept.set(field, { .../** @type {Kept} */ (this.kept.get(field)), text });
      return this.journal.clear(field, text);
    }
    const [bid, criterion] = field.split("\n");
    const counter = this.counter + 1;
    const sealed = await encryptTo(/** @type {string} */ (this.recipient), paddedMark({ bid, criterion, counter, mark }));
    const body = { bid, criterion, counter, recipient: this.recipient, ciphertext: b64u(sealed) };
    const entry = await this.entry("mark.sealed", body);
    const value = { text, mark, counter };
    this.counter = counter;
    await this.outbox.add(
      { ...entry, session: this.sheet.session, kind: "mark.sealed", field }, counter,
      [{ key: `mark/${field}`, value }], [{ key: "counter", value: counter }],
    );
    this.kept.set(field, value);
    this.journal.clear(field, text);
  }

  /** @param {Record<string, Record<string, string|null>>} marks @returns {Promise<{counter: number, at: number, hash: string}>} */
  async sign(marks) {
    await this.chain;
    const { session, author } = this.sheet;
    const plain = paddedScoresheet({ format: "bideval-scoresheet/1", session, member: author, marks });
    const counter = this.counter + 1;
    const sealed = await encryptTo(/** @type {string} */ (this.recipient), plain);
    const entry = await this.entry("scoresheet.signed", { recipient: this.recipient, counter, ciphertext: b64u(sealed) });
    const signed = { counter, at: now(), hash: entry.hash };
    this.counter = counter;
    await this.outbox.add(
      { ...entry, session, kind: "scoresheet.signed" }, counter, [],
      [{ key: "counter", value: counter }, { key: "signed", value: signed }],
    );
    this.signed = signed;
    return signed;
  }

  /** A refused mark is not kept; its text goes back to the journal. @param {string} field */
  async forget(field) {
    const text = this.kept.get(field)?.text ?? "";
    this.journal.note(field, text);
    this.kept.delete(field);
    await vault.write(["replica"], (of) => void of("replica").delete(`${this.scope}/mark/${field}`));
  }

  /** The signed sheet stays valid until another is signed; only this machine's lock opens. */
  async reopen() {
    await vault.put("facts", `${this.scope}/signed`, null);
    this.signed = null;
  }
}
