/**
 * The scoring workbench: inputs that the server rendered, a bid beside them, one place that says what is saved.
 * Decided here: the order in which things happen between fields, keeper, viewer and review.
 * What keys mean: sheet_keys.js. What counts as a mark: marks.js. What is kept and when: sheet_keeper.js.
 */
import * as clock from "./clock.js";
import { digest, canonicalBytes } from "./encoding.js";
import { EvidencePages } from "./evidence_pages.js";
import { History } from "./history.js";
import { keysById } from "./keys.js";
import { normalise } from "./marks.js";
import { reviewOf, showReview, whyNot } from "./review.js";
import { judgeField } from "./sheet_field.js";
import { SheetKeeper } from "./sheet_keeper.js";
import { actOf, fieldActOf, moveOf } from "./sheet_keys.js";
import { holdSheet } from "./sheet_lock.js";
import { showTotals } from "./sheet_totals.js";
import { Spread } from "./spread.js";
import { context, explain, say } from "./words.js";
import "./pdf_view.js";
import "./save_state.js";

const PAUSE = 500;

export class ScoreSheet extends HTMLElement {
  history = new History();
  /** @type {Map<string, string>} field -> problem */ problems = new Map();
  /** @type {Map<string, number>} */ timers = new Map();
  /** @type {Map<string, string>} text at the moment of focus */ before = new Map();
  facts = { signed: false, wrong: 0, typing: false, unsent: 0, refused: 0, downSince: 0, savedAt: 0, savedBy: /** @type {"here"|"session"|null} */ (null), ready: false, locked: false };
  bid = "";

  connectedCallback() {
    this.page = context();
    this.sheet = this.page.sheet;
    this.criteria = new Map(this.sheet.criteria.map((/** @type {any} */ item) => [item.id, item]));
    this.inputs = /** @type {HTMLInputElement[]} */ (Array.from(this.querySelectorAll("input[data-bid]")));
    this.viewer = /** @type {import("./pdf_view.js").PdfView} */ (this.querySelector("pdf-view"));
    this.state = /** @type {import("./save_state.js").SaveState} */ (this.querySelector("save-state"));
    this.spread = new Spread(this.page.session);
    this.pages = new EvidencePages(`${this.page.session}/${this.page.actor}`);
    this.inputs.forEach((input) => (input.readOnly = true));
    this.listen();
    this.begin().catch((error) => this.fail(explain(error)));
  }

  async begin() {
    this.select(this.sheet.bids[0].id, { focus: false });
    const keys = await keysById(this.page.kid);
    if (keys === undefined) return this.fail(say("no_key"));
    await holdSheet(`bideval-sheet/${this.page.session}/${this.page.actor}`, () => this.notice(say("other_window")));
    this.notice("");
    this.keeper = new SheetKeeper({ ...this.sheet, session: this.page.session, author: this.page.actor, head: this.page.head }, keys);
    this.watch();
    this.fill(await this.keeper.start());
    this.facts.ready = true;
    void navigator.storage?.persist?.();
    await this.count();
    this.lockFields();
    this.first()?.focus();
  }

  listen() {
    this.addEventListener("input", (event) => this.typed(/** @type {InputEvent} */ (event)));
    this.addEventListener("focusin", (event) => this.entered(event.target));
    this.addEventListener("focusout", (event) => this.left(event.target));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => this.clicked(/** @type {HTMLElement} */ (event.target)));
    this.state.addEventListener("state", (event) => this.showState(/** @type {CustomEvent} */ (event).detail));
    this.viewer.addEventListener("page", () => this.showPages());
    document.addEventListener("keydown", (event) => this.globalKey(event));
    document.querySelector("#sheet-notice button")?.addEventListener("click", () => void this.dismissRefused());
    document.addEventListener("live:saved", (event) => this.spread.told(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("live:state", () => this.keeper?.outbox.run());
    addEventListener("online", () => this.keeper?.outbox.run());
    addEventListener("beforeunload", (event) => {
      if (this.keeper?.writing || this.problems.size) event.preventDefault();
    });
    addEventListener("pagehide", () => this.flush());
  }

  watch() {
    const { outbox } = /** @type {SheetKeeper} */ (this.keeper);
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
    this.notice(waiting.find((entry) => entry.refused)?.refused ?? "");
    this.show();
  }

  /** @param {string} bid @param {string} criterion */
  field(bid, criterion) {
    return `${bid}\n${criterion}`;
  }

  /** @param {HTMLInputElement} input */
  fieldOf(input) {
    return this.field(input.dataset.bid ?? "", input.dataset.criterion ?? "");
  }

  /** @param {Map<string, string>} texts */
  fill(texts) {
    for (const input of this.inputs) {
      const text = texts.get(this.fieldOf(input));
      if (text !== undefined) input.value = text;
      this.judge(input);
    }
    const pending = /** @type {SheetKeeper} */ (this.keeper).journal.pending();
    this.inputs.filter((input) => pending.has(this.fieldOf(input))).forEach((input) => void this.commit(input));
    this.totals();
  }

  /** @param {InputEvent} event */
  typed(event) {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.dataset.bid || !this.keeper) return;
    const field = this.fieldOf(input);
    if (!this.keeper.note(field, input.value)) this.notice(say("journal_full"));
    this.facts.typing = true;
    clearTimeout(this.timers.get(field));
    if (!event.isComposing) this.timers.set(field, setTimeout(() => void this.commit(input), PAUSE));
    this.show();
  }

  /** @param {HTMLInputElement} input @param {{undoable?: boolean}} [how] */
  async commit(input, { undoable = true } = {}) {
    const field = this.fieldOf(input);
    clearTimeout(this.timers.get(field));
    this.timers.delete(field);
    this.facts.typing = this.timers.size > 0;
    const verdict = this.judge(input);
    this.totals();
    this.show();
    if (verdict.problem !== null) return;
    const text = input.value;
    const before = this.before.get(field) ?? "";
    if (undoable) this.history.add({ field, before, after: text });
    this.before.set(field, text);
    try {
      await /** @type {SheetKeeper} */ (this.keeper).save(field, text, verdict.mark);
    } catch (error) {
      this.notice(say("not_kept", { what: /** @type {Error} */ (error).message }));
    }
    this.show();
  }

  /** @param {HTMLInputElement} input */
  judge(input) {
    const verdict = judgeField(input, this.criteria.get(input.dataset.criterion ?? ""));
    if (verdict.problem === null) this.problems.delete(this.fieldOf(input));
    else this.problems.set(this.fieldOf(input), verdict.problem);
    this.facts.wrong = this.problems.size;
    return verdict;
  }

  /** @param {EventTarget|null} target */
  entered(target) {
    if (!(target instanceof HTMLInputElement) || !target.dataset.bid) return;
    this.before.set(this.fieldOf(target), target.value);
    this.current = target;
    target.select();
    this.showPages();
  }

  /** @param {EventTarget|null} target */
  left(target) {
    if (!(target instanceof HTMLInputElement) || !target.dataset.bid || target.readOnly) return;
    const plainer = normalise(target.value);
    if (plainer !== target.value) {
      target.value = plainer;
      this.keeper?.note(this.fieldOf(target), plainer);
    }
    void this.commit(target);
  }

  /** @returns {HTMLInputElement[]} the fields of the bid in view */
  fields() {
    return this.inputs.filter((input) => input.dataset.bid === this.bid);
  }

  first() {
    return this.fields().find((input) => input.value === "") ?? this.fields()[0];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.dataset.bid) return;
    const step = moveOf(event);
    if (step !== 0) {
      event.preventDefault();
      this.move(input, step);
    } else if (fieldActOf(event) === "restore") {
      event.preventDefault();
      this.restore(input);
    }
  }

  /** @param {HTMLInputElement} input @param {number} step */
  move(input, step) {
    const fields = this.fields();
    const next = fields[fields.indexOf(input) + step];
    if (next) next.focus();
    else void this.commit(input);
  }

  /** Esc: back to what is kept. @param {HTMLInputElement} input */
  restore(input) {
    const field = this.fieldOf(input);
    const kept = this.keeper?.kept.get(field)?.text ?? "";
    input.value = kept;
    this.keeper?.note(field, kept);
    void this.commit(input);
    input.select();
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

  /** @param {string} name of a key or of a button */
  act(name) {
    const acts = {
      undo: () => this.step("undo"), redo: () => this.step("redo"), next: () => this.turn(1), previous: () => this.turn(-1),
      help: () => this.help(), remember: () => this.rememberPage(), jump: () => this.jumpToPage(this.current),
      review: () => this.review(), back: () => this.setView("sheet"), sign: () => this.sign(), reopen: () => this.reopen(),
    };
    void acts[/** @type {keyof typeof acts} */ (name)]?.();
  }

  help() {
    /** @type {HTMLDialogElement} */ (document.getElementById("keys")).showModal();
  }

  /** @param {"undo"|"redo"} way */
  async step(way) {
    if (this.facts.signed) return;
    for (const [field] of this.timers) await this.commit(this.inputOf(field));
    const step = way === "undo" ? this.history.undo() : this.history.redo();
    if (!step) return;
    const input = this.inputOf(step.field);
    if (input.dataset.bid !== this.bid) this.select(input.dataset.bid ?? "", { focus: false });
    input.value = way === "undo" ? step.before : step.after;
    this.keeper?.note(step.field, input.value);
    await this.commit(input, { undoable: false });
    input.focus();
  }

  /** @param {string} field */
  inputOf(field) {
    return /** @type {HTMLInputElement} */ (this.inputs.find((input) => this.fieldOf(input) === field));
  }

  /** @param {HTMLElement} target */
  clicked(target) {
    const button = target.closest("button");
    if (!button) return;
    if (button.dataset.tab) this.turnTo(button.dataset.tab);
    if (button.dataset.page) this.jumpToPage(/** @type {any} */ (button.closest(".item")?.querySelector("input")));
    if (button.dataset.act) this.act(button.dataset.act);
  }

  /** At once: who types on while marks are being stored types into the next bid, not into this one. @param {number} step */
  turn(step) {
    const ids = this.sheet.bids.map((/** @type {any} */ bid) => bid.id);
    const next = ids[ids.indexOf(this.bid) + step];
    if (next !== undefined) this.turnTo(next);
  }

  /** @param {string} bid */
  turnTo(bid) {
    this.flush();
    this.select(bid);
  }

  /** Nothing is left behind: what was typed is judged and the chain of writes is awaited. */
  async leave() {
    this.flush();
    await this.keeper?.chain;
  }

  flush() {
    for (const [field] of [...this.timers]) void this.commit(this.inputOf(field));
  }

  /** @param {string} bid @param {{focus?: boolean}} [how] */
  select(bid, { focus = true } = {}) {
    this.bid = bid;
    this.querySelectorAll("[data-tab]").forEach((tab) => {
      tab.setAttribute("aria-selected", String(/** @type {HTMLElement} */ (tab).dataset.tab === bid));
    });
    this.querySelectorAll("[data-panel]").forEach((panel) => {
      /** @type {HTMLElement} */ (panel).hidden = /** @type {HTMLElement} */ (panel).dataset.panel !== bid;
    });
    void this.viewer.show(this.sheet.bids.find((/** @type {any} */ each) => each.id === bid).files);
    this.totals();
    if (focus) this.first()?.focus();
  }

  /** @returns {Record<string, Record<string, string|null>>} what is kept, which is what would be signed */
  marks() {
    return Object.fromEntries(this.sheet.bids.map((/** @type {any} */ bid) => [bid.id, Object.fromEntries(
      this.sheet.criteria.map((/** @type {any} */ item) => [item.id, this.keeper?.kept.get(this.field(bid.id, item.id))?.mark ?? null]),
    )]));
  }

  totals() {
    const missing = showTotals(this, this.inputs, this.criteria, { bids: this.sheet.bids, bid: this.bid });
    const last = this.sheet.bids.at(-1).id === this.bid;
    this.button("next").disabled = last;
    this.button("next").classList.toggle("is-primary", missing > 0 && !last);
    this.button("review").classList.toggle("is-primary", missing === 0 || last);
  }

  /** @param {string} selector @param {string} text */
  text(selector, text) {
    const target = this.querySelector(selector);
    if (target && target.textContent !== text) target.textContent = text;
  }

  show() {
    this.facts.signed = Boolean(this.keeper?.signed);
    this.state.show(this.facts);
    this.button("undo").disabled = this.facts.signed || this.history.past.length === 0;
    this.button("redo").disabled = this.facts.signed || this.history.future.length === 0;
    if (this.dataset.view === "review") this.showReview();
  }

  /** The review says the same as the sheet's one fixed place. @param {{tone: string, text: string}} state */
  showState({ tone, text }) {
    const place = /** @type {HTMLElement} */ (this.querySelector("[data-review-state]"));
    place.className = `notice is-${tone}`;
    if (place.textContent !== text) place.textContent = text;
  }

  /** @param {string} act @returns {HTMLButtonElement} */
  button(act) {
    return /** @type {HTMLButtonElement} */ (this.querySelector(`[data-act="${act}"]`));
  }

  lockFields() {
    const open = this.sheet.open && !this.keeper?.signed;
    this.inputs.forEach((input) => (input.readOnly = !open));
    this.button("reopen").hidden = !this.keeper?.signed || !this.sheet.open;
    this.show();
  }

  /** @param {HTMLInputElement|undefined} input */
  jumpToPage(input) {
    const place = input && this.pages?.all()[this.fieldOf(input)];
    if (place) void this.viewer.open(place.url).then(() => this.viewer.go(place.page));
    else this.viewer.note(say("no_page"));
  }

  rememberPage() {
    if (!this.current || !this.viewer.file) return;
    this.pages?.note(this.fieldOf(this.current), { url: this.viewer.url, page: this.viewer.page });
    this.showPages();
  }

  showPages() {
    this.pages?.show(this.inputs, (input) => this.fieldOf(input));
  }

  /** @param {"sheet"|"review"} view */
  setView(view) {
    this.dataset.view = view;
    if (view === "sheet") this.first()?.focus();
  }

  async review() {
    await this.leave();
    this.setView("review");
    await this.count();
    /** @type {HTMLElement} */ (this.querySelector(".sheet-review h1")).focus();
  }

  showReview() {
    const marks = this.marks();
    const summary = reviewOf(this.sheet, marks);
    const reason = whyNot(this.sheet, this.facts, summary);
    showReview(/** @type {HTMLElement} */ (this.querySelector(".sheet-review")), this.sheet, marks, summary);
    this.text("[data-digest]", digest(canonicalBytes(marks)));
    this.text("[data-why]", reason);
    this.button("sign").disabled = reason !== "";
  }

  async sign() {
    this.button("sign").disabled = true;
    await this.count();
    if (whyNot(this.sheet, this.facts, reviewOf(this.sheet, this.marks())) !== "") return this.show();
    try {
      await /** @type {SheetKeeper} */ (this.keeper).sign(this.marks());
      this.lockFields();
    } catch (error) {
      this.notice(explain(/** @type {Error} */ (error)));
    }
    this.show();
  }

  async reopen() {
    await this.keeper?.reopen();
    this.lockFields();
    this.setView("sheet");
  }

  async dismissRefused() {
    const outbox = /** @type {SheetKeeper} */ (this.keeper).outbox;
    const refused = (await outbox.waiting()).filter((entry) => entry.refused);
    for (const entry of refused) await outbox.dismiss(entry.id);
    await this.count();
  }

  /** @param {string} text */
  notice(text) {
    const notice = /** @type {HTMLElement} */ (document.getElementById("sheet-notice"));
    notice.hidden = text === "";
    /** @type {HTMLElement} */ (notice.querySelector("[data-text]")).textContent = text;
    /** @type {HTMLElement} */ (notice.querySelector("button")).hidden = this.facts.refused === 0;
  }

  /** @param {string} text */
  fail(text) {
    this.facts.locked = true;
    this.notice(text);
    this.state.show(this.facts);
  }
}
customElements.define("score-sheet", ScoreSheet);
