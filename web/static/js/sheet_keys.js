/**
 * What keys mean on the sheet. Pure: names acts, does none. Every act has a button too.
 * Decided here: no key means anything while an input method composes, and no single letter is a shortcut.
 */

const STEPS = new Map([["Enter", 1], ["ArrowDown", 1], ["ArrowUp", -1]]);

/** @param {KeyboardEvent} event */
const composing = (event) => event.isComposing || event.keyCode === 229;

/** @param {KeyboardEvent} event @returns {number} fields to move on from a mark; 0 is none */
export function moveOf(event) {
  if (composing(event) || event.altKey || event.ctrlKey || event.metaKey) return 0;
  return STEPS.get(event.key) ?? 0;
}

/** @param {KeyboardEvent} event @returns {"restore"|null} */
export function fieldActOf(event) {
  return !composing(event) && event.key === "Escape" ? "restore" : null;
}

/** @param {KeyboardEvent} event @param {boolean} inText whether some other text is being written @returns {string|null} */
export function actOf(event, inText) {
  if (composing(event)) return null;
  if (event.altKey && event.key === "ArrowRight") return "next";
  if (event.altKey && event.key === "ArrowLeft") return "previous";
  if (event.key === "F2") return event.shiftKey ? "remember" : "jump";
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    if (inText) return null;
    return event.shiftKey ? "redo" : "undo";
  }
  return event.key === "?" && !inText ? "help" : null;
}
