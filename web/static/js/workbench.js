/**
 * The scoring workbench: inputs that the server rendered, a bid beside them, one place that says what is saved.
 * Decided here: how its parts hear of each other, of the outbox, and of the session (a pause, another phase).
 * Parts: sheet_fields.js (typing), sheet_bids.js (what is in view), sheet_keeper.js (what is kept), sheet_signing.js
 * (check and sign), sheet_notice.js (what is wrong), sheet_keys.js (keys), spread.js (how far the newest entry got).
 */
import * as clock from "./clock.js";
import { keysById } from "./keys.js";
import { SheetBids } from "./sheet_bids.js";
import { SheetFields } from "./sheet_fields.js";
import { SheetKeeper } from "./sheet_keeper.js";
import { actOf, fieldActOf, moveOf } from "./sheet_keys.js";
import { holdSheet } from "./sheet_lock.js";
import { SheetNotice } from "./sheet_notice.js";
import { SheetSigning } from "./sheet_signing.js";
import { showTotals } from "./sheet_totals.js";
import { Spread } from "./spread.js";
import { context, explain, say } from "./words.js";
import "./pdf_view.js";
import "./save_state.js";

export class ScoreSheet extends HTMLElement {
  /** @type {import("./save_state.js").Facts} */
  facts = { signed: false, wrong: 0, typing: false, unsent: 0, refused: 0, downSince: 0, savedAt: 0, savedBy: null, ready: false, locked: false, paused: false, out: false };

  connectedCallback() {
    this.page = context();
    this.sheet = this.page.sheet;
    this.facts.paused = this.page.paused;
    this.state = /** @type {import("./save_state.js").SaveState} */ (this.querySelector("save-state"));
    this.notice = new SheetNotice(/** @type {HTMLElement} */ (document.getElementById("sheet-notice")), (rank) => void this.read(rank));
    this.fields = new SheetFields(this, this.sheet.criteria);
    this.bids = new SheetBids(this, this.sheet.bids, this.fields, `${this.page.session}/${this.page.actor}`);
    this.spread = new Spread(this.page.session);
    this.listen();
    this.begin().catch((error) => this.fail(explain(error)));
  }

  async begin() {
    this.bids.show(this.sheet.bids[0].id, { focus: false });
    const keys = await keysById(this.page.kid);
    if (keys === undefined) return this.fail(say("no_key"));
    await holdSheet(`bideval-sheet/${this.page.session}/${this.page.actor}`, () => this.notice.tell("halt", say("other_window")));
    this.notice.tell("halt", "");
    this.keeper = new SheetKeeper({ ...this.sheet, session: this.page.session, author: this.page.actor, head: this.page.head }, keys);
    this.keeper.outbox.held = this.facts.paused || this.facts.out;
    this.fields.keeper = this.keeper;
    this.signing = new SheetSigning(this, this.sheet, this.keeper);
    this.watch(this.keeper.outbox);
    const texts = await this.keeper.start();
    this.tellElsewhere(texts);
    this.fields.fill(texts);
    this.facts.ready = true;
    void navigator.storage?.persist?.();
    await this.count();
    await this.adopt(this.page);
    this.fields.first()?.focus();
  }

  listen() {
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => this.clicked(/** @type {HTMLElement} */ (event.target)));
    this.fields.addEventListener("changed", () => this.show());
    this.fields.addEventListener("trouble", (event) => this.notice.tell("trouble", /** @type {CustomEvent} */ (event).detail));
    this.state.addEventListener("state", (event) => this.signing?.showState(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("keydown", (event) => this.globalKey(event));
    document.addEventListener("live:saved", (event) => this.spread.told(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("live:state", () => this.keeper?.outbox.run());
    document.addEventListener("live:context", (event) => void this.adopt(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("live:ended", () => this.end());
    addEventListener("online", () => this.keeper?.outbox.run());
    addEventListener("beforeunload", (event) => {
      if (this.keeper?.writing || this.fields.problems.size) event.preventDefault();
    });
    addEventListener("pagehide", () => this.fields.flush());
  }

  /** @param {import("./outbox.js").Outbox} outbox */
  watch(outbox) {
    outbox.addEventListener("kept", () => void this.count());
    outbox.addEventListener("refused", (event) => void this.refused(/** @type {CustomEvent} */ (event).detail));
    outbox.addEventListener("down", (event) => {
      this.facts.downSince = /** @type {CustomEvent} */ (event).detail.since;
      void this.count();
    });
    outbox.addEventListener("acknowledged", (event) => {
      const { answer, hash } = /** @type {CustomEvent} */ (event).detail;
      this.facts.downSince = 0;
      this.facts.savedAt = clock.now();
      this.spread.acknowledged(hash, answer.saved);
      void this.count();
    });
    this.spread.addEventListener("spread", () => {
      this.facts.savedBy = this.spread.saved;
      this.facts.savedAt = clock.now();
      this.show();
    });
  }

  /** Marks in the record that another machine sealed: nobody can read them here. @param {Map<string, string>} texts what is here */
  tellElsewhere(texts) {
    const count = this.sheet.recorded.filter((/** @type {string} */ field) => !texts.has(field)).length;
    if (!count) return;
    this.notice.tell("news", this.sheet.sheet && !this.keeper?.signed ? say("sheet_elsewhere") : say("marks_elsewhere", { count }));
  }

  /** What the server says of the session now: paused, another phase, no member any more. @param {any} page */
  async adopt(page) {
    this.sheet.open = page.sheet?.open ?? false;
    this.facts.paused = page.paused;
    if (!this.keeper || !this.facts.ready) return;
    this.keeper.outbox.hold(page.paused);
    if (!this.sheet.open) this.fields.flush();
    if (this.keeper.signed && page.sheet?.voided.includes(this.keeper.signed.hash)) {
      await this.keeper.reopen();
      this.notice.tell("news", say("sheet_void"));
    }
    this.lock();
  }

  /** What the record did not take does not stand as kept: typing it again sends it again. @param {any} entry */
  async refused(entry) {
    if (entry.kind === "scoresheet.signed") await this.reopen();
    if (entry.field) await this.keeper?.forget(entry.field);
    await this.count();
  }

  async count() {
    const waiting = await /** @type {SheetKeeper} */ (this.keeper).outbox.waiting();
    this.facts.refused = waiting.filter((entry) => entry.refused).length;
    this.facts.unsent = waiting.length - this.facts.refused;
    this.notice.tell("refused", waiting.find((entry) => entry.refused)?.refused ?? "");
    this.show();
  }

  show() {
    this.facts.typing = this.fields.typing;
    this.facts.wrong = this.fields.problems.size;
    this.facts.signed = Boolean(this.keeper?.signed);
    this.facts.given = this.keeper?.kept.size ?? 0;
    this.state.show(this.facts);
    this.button("undo").disabled = this.facts.signed || this.fields.history.past.length === 0;
    this.button("redo").disabled = this.facts.signed || this.fields.history.future.length === 0;
    this.totals();
    if (this.dataset.view === "review") this.signing?.show(this.facts);
  }

  totals() {
    const { bid, inputs, criteria } = this.fields;
    const missing = showTotals(this, inputs, criteria, { bids: this.sheet.bids, bid });
    const last = this.sheet.bids.at(-1).id === bid;
    this.button("next").disabled = last;
    this.button("next").classList.toggle("is-primary", missing > 0 && !last);
    this.button("review").classList.toggle("is-primary", missing === 0 || last);
  }

  lock() {
    const open = this.sheet.open && !this.keeper?.signed && !this.facts.out;
    this.fields.lock(!open);
    this.button("reopen").hidden = !this.keeper?.signed || !this.sheet.open;
    this.show();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const input = event.target;
    if (!this.fields.holds(input)) return;
    const step = moveOf(event);
    const restores = fieldActOf(event) === "restore";
    if (step === 0 && !restores) return;
    event.preventDefault();
    if (step !== 0) this.fields.move(input, step);
    else if (!input.readOnly) this.fields.restore(input);
  }

  /** @param {KeyboardEvent} event */
  globalKey(event) {
    if (this.dataset.view === "review") return;
    const { target } = event;
    const inText = target instanceof HTMLElement && target.matches("input, textarea, select") && !target.dataset.bid;
    const act = actOf(event, inText);
    if (act === null) return;
    event.preventDefault();
    this.act(act);
  }

  /** @param {HTMLElement} target */
  clicked(target) {
    const button = target.closest("button");
    if (!button) return;
    if (button.dataset.tab) this.bids.turnTo(button.dataset.tab);
    if (button.dataset.page) this.bids.jump(/** @type {any} */ (button.closest(".item")?.querySelector("input")));
    if (button.dataset.act) this.act(button.dataset.act);
  }

  /** @param {string} name of a key or of a button */
  act(name) {
    const acts = {
      undo: () => this.step("undo"), redo: () => this.step("redo"), next: () => this.bids.turn(1), previous: () => this.bids.turn(-1),
      help: () => this.help(), remember: () => this.bids.remember(), jump: () => this.bids.jump(this.fields.current),
      review: () => this.review(), back: () => this.setView("sheet"), sign: () => this.sign(), reopen: () => this.reopen(),
    };
    void acts[/** @type {keyof typeof acts} */ (name)]?.();
  }

  help() {
    /** @type {HTMLDialogElement} */ (document.getElementById("keys")).showModal();
  }

  /** @param {"undo"|"redo"} way */
  step(way) {
    if (this.sheet.open && !this.facts.signed) return this.fields.step(way, (bid) => this.bids.show(bid, { focus: false }));
  }

  /** @param {string} act @returns {HTMLButtonElement} */
  button(act) {
    return /** @type {HTMLButtonElement} */ (this.querySelector(`[data-act="${act}"]`));
  }

  /** @param {"sheet"|"review"} view */
  setView(view) {
    this.dataset.view = view;
    if (view === "sheet") this.fields.first()?.focus();
  }

  /** Nothing is left behind: what was typed is judged and the chain of writes is awaited. */
  async review() {
    this.fields.flush();
    await this.keeper?.chain;
    this.setView("review");
    await this.count();
    this.signing?.focus();
  }

  async sign() {
    await this.count();
    try {
      if (await this.signing?.sign(this.facts)) this.lock();
    } catch (error) {
      this.notice.tell("trouble", explain(/** @type {Error} */ (error)));
    }
    this.show();
  }

  async reopen() {
    await this.keeper?.reopen();
    this.lock();
    this.setView("sheet");
  }

  /** @param {string} rank of the notice that somebody has read */
  async read(rank) {
    if (rank === "news") return this.notice.tell("news", "");
    const outbox = /** @type {SheetKeeper} */ (this.keeper).outbox;
    const refused = (await outbox.waiting()).filter((entry) => entry.refused);
    for (const entry of refused) await outbox.dismiss(entry.id);
    await this.count();
  }

  /** Signed out: this page sends nothing more, so nothing is on its way; what was typed is kept for the next sign-in. */
  end() {
    this.facts.out = true;
    this.keeper?.outbox.hold(true);
    this.notice.tell("halt", say("signed_out_here"));
    if (this.facts.ready) this.lock();
    else this.state.show(this.facts);
  }

  /** @param {string} text */
  fail(text) {
    this.facts.locked = true;
    this.notice.tell("halt", text);
    this.state.show(this.facts);
  }
}
customElements.define("score-sheet", ScoreSheet);
