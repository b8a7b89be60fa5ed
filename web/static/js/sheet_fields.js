/**
 * The fields of the sheet: what is typed into them, whether it counts, undo and redo, when it is handed over.
 * Decided here: a text is handed to the keeper after a pause or when its field is left, and only if it counts.
 * Not decided here: what counts (marks.js), what is kept (sheet_keeper.js), which bid is in view (sheet_bids.js).
 */
import { History } from "./history.js";
import { normalise } from "./marks.js";
import { judgeField } from "./sheet_field.js";
import { say } from "./words.js";

const PAUSE = 500;

export class SheetFields extends EventTarget {
  history = new History();
  /** @type {Map<string, string>} field -> problem */ problems = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */ timers = new Map();
  /** @type {Map<string, string>} text at the moment of focus */ before = new Map();
  /** @type {import("./sheet_keeper.js").SheetKeeper|undefined} */ keeper;
  /** @type {HTMLInputElement|undefined} */ current;
  bid = "";

  /** @param {HTMLElement} root @param {any[]} criteria */
  constructor(root, criteria) {
    super();
    this.criteria = new Map(criteria.map((item) => [item.id, item]));
    this.inputs = /** @type {HTMLInputElement[]} */ (Array.from(root.querySelectorAll("input[data-bid]")));
    this.lock(true);
    root.addEventListener("input", (event) => this.typed(/** @type {InputEvent} */ (event)));
    root.addEventListener("focusin", (event) => this.entered(event.target));
    root.addEventListener("focusout", (event) => this.left(event.target));
  }

  get typing() {
    return this.timers.size > 0;
  }

  /** @param {string} bid @param {string} criterion */
  static name(bid, criterion) {
    return `${bid}\n${criterion}`;
  }

  /** @param {HTMLInputElement} input */
  nameOf(input) {
    return SheetFields.name(input.dataset.bid ?? "", input.dataset.criterion ?? "");
  }

  /** @param {string} field */
  inputOf(field) {
    return /** @type {HTMLInputElement} */ (this.inputs.find((input) => this.nameOf(input) === field));
  }

  /** @param {EventTarget|null} target @returns {target is HTMLInputElement} */
  holds(target) {
    return target instanceof HTMLInputElement && Boolean(target.dataset.bid);
  }

  /** @param {boolean} locked */
  lock(locked) {
    this.inputs.forEach((input) => (input.readOnly = locked));
  }

  /** @returns {HTMLInputElement[]} the fields of the bid in view */
  shown() {
    return this.inputs.filter((input) => input.dataset.bid === this.bid);
  }

  first() {
    return this.shown().find((input) => input.value === "") ?? this.shown()[0];
  }

  /** @param {Map<string, string>} texts */
  fill(texts) {
    for (const input of this.inputs) {
      input.value = texts.get(this.nameOf(input)) ?? input.value;
      this.judge(input);
    }
    const pending = /** @type {import("./sheet_keeper.js").SheetKeeper} */ (this.keeper).journal.pending();
    this.inputs.filter((input) => pending.has(this.nameOf(input))).forEach((input) => void this.commit(input));
    this.changed();
  }

  /** @param {InputEvent} event */
  typed(event) {
    const input = event.target;
    if (!this.holds(input) || !this.keeper) return;
    const field = this.nameOf(input);
    if (!this.keeper.note(field, input.value)) this.trouble(say("journal_full"));
    clearTimeout(this.timers.get(field));
    if (!event.isComposing) this.timers.set(field, setTimeout(() => void this.commit(input), PAUSE));
    this.changed();
  }

  /** @param {HTMLInputElement} input @param {{undoable?: boolean}} [how] */
  async commit(input, { undoable = true } = {}) {
    const field = this.nameOf(input);
    clearTimeout(this.timers.get(field));
    this.timers.delete(field);
    const verdict = this.judge(input);
    this.changed();
    if (verdict.problem !== null || !this.keeper) return;
    const text = input.value;
    if (undoable) this.history.add({ field, before: this.before.get(field) ?? "", after: text });
    this.before.set(field, text);
    try {
      await this.keeper.save(field, text, verdict.mark);
      this.trouble("");
    } catch (error) {
      this.trouble(say("not_kept", { what: /** @type {Error} */ (error).message }));
    }
    this.changed();
  }

  /** @param {HTMLInputElement} input */
  judge(input) {
    const verdict = judgeField(input, this.criteria.get(input.dataset.criterion ?? ""));
    if (verdict.problem === null) this.problems.delete(this.nameOf(input));
    else this.problems.set(this.nameOf(input), verdict.problem);
    return verdict;
  }

  /** @param {EventTarget|null} target */
  entered(target) {
    if (!this.holds(target)) return;
    this.before.set(this.nameOf(target), target.value);
    this.current = target;
    target.select();
  }

  /** @param {EventTarget|null} target */
  left(target) {
    if (!this.holds(target) || target.readOnly) return;
    const plainer = normalise(target.value);
    if (plainer !== target.value) {
      target.value = plainer;
      this.keeper?.note(this.nameOf(target), plainer);
    }
    void this.commit(target);
  }

  /** @param {HTMLInputElement} input @param {number} step */
  move(input, step) {
    const fields = this.shown();
    const next = fields[fields.indexOf(input) + step];
    if (next) next.focus();
    else void this.commit(input);
  }

  /** Esc: back to what is kept. @param {HTMLInputElement} input */
  restore(input) {
    const field = this.nameOf(input);
    const kept = this.keeper?.kept.get(field)?.text ?? "";
    input.value = kept;
    this.keeper?.note(field, kept);
    void this.commit(input);
    input.select();
  }

  /** @param {"undo"|"redo"} way @param {(bid: string) => void} turnTo shows the bid of the field that changes */
  async step(way, turnTo) {
    for (const [field] of this.timers) await this.commit(this.inputOf(field));
    const step = way === "undo" ? this.history.undo() : this.history.redo();
    if (!step) return;
    const input = this.inputOf(step.field);
    if (input.dataset.bid !== this.bid) turnTo(input.dataset.bid ?? "");
    input.value = way === "undo" ? step.before : step.after;
    this.keeper?.note(step.field, input.value);
    await this.commit(input, { undoable: false });
    input.focus();
  }

  /** What was typed is judged and handed over now. */
  flush() {
    for (const [field] of [...this.timers]) void this.commit(this.inputOf(field));
  }

  changed() {
    this.dispatchEvent(new Event("changed"));
  }

  /** @param {string} text */
  trouble(text) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: text }));
  }
}
