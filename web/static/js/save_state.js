/**
 * The one place that says whether work is safe, in words. Pure choice, then a small element that shows it.
 * Decided here: which of several truths is told first: what is wrong, what is typed, what waits, what is saved.
 */
import { clockText } from "./clock.js";
import { say } from "./words.js";

/**
 * @typedef {{signed?: boolean, wrong: number, typing: boolean, unsent: number, refused: number, downSince: number,
 *   given?: number, savedAt: number, savedBy: "here"|"session"|null, ready: boolean, locked?: boolean, paused?: boolean, out?: boolean}} Facts
 */

/** @param {Facts} facts @returns {[tone: string, word: string, values: Record<string, string|number>]} */
export function stateOf(facts) {
  if (facts.locked) return ["bad", "state_locked", {}];
  if (facts.out) return ["bad", "state_out", {}];
  if (!facts.ready) return ["plain", "state_loading", {}];
  if (facts.wrong > 0) return ["bad", "state_wrong", {}];
  if (facts.refused > 0) return ["bad", "state_refused", { count: facts.refused }];
  if (facts.typing) return ["plain", "state_typing", {}];
  if (facts.paused) return facts.unsent > 0 ? ["warn", "state_paused", { count: facts.unsent }] : ["warn", "state_paused_sent", {}];
  if (facts.unsent > 0 && facts.downSince) {
    return ["warn", "state_down", { count: facts.unsent, time: clockText(facts.downSince, "minutes") }];
  }
  if (facts.unsent > 0) return ["warn", "state_waiting", { count: facts.unsent }];
  if (facts.signed) return ["ok", "state_signed", {}];
  if (facts.savedBy === null || facts.given === 0) return ["plain", "state_nothing", {}];
  const word = facts.savedBy === "session" ? "state_session" : "state_here";
  return ["ok", word, { time: clockText(facts.savedAt) }];
}

export class SaveState extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    this.setAttribute("aria-live", "polite");
  }

  /** @param {Facts} facts */
  show(facts) {
    const [tone, word, values] = stateOf(facts);
    const text = say(word, values);
    this.dispatchEvent(new CustomEvent("state", { bubbles: true, detail: { tone, text } }));
    if (this.textContent !== text) this.textContent = text;
    this.title = text;
    this.dataset.tone = tone;
    this.dataset.word = word;
  }
}
customElements.define("save-state", SaveState);
