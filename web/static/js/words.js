/**
 * The words that scripts show, in the language of the page: one JSON block that the server put into the page.
 * Decided here: how a word is looked up and filled in. A missing word is a fault and says so loudly.
 */

/** @type {Record<string, string> | undefined} */
let words;

/** @param {string} name @param {Record<string, string|number>} [values] */
export function say(name, values = {}) {
  words ??= JSON.parse(document.getElementById("words")?.textContent ?? "{}");
  const text = /** @type {Record<string, string>} */ (words)[name];
  if (text === undefined) throw new ReferenceError(`no word ${name}`);
  return text.replaceAll(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** The page's context: what the server told the scripts about session, person and keys. */
export function context() {
  return JSON.parse(document.getElementById("context")?.textContent ?? "{}");
}

/** @param {Error & {code?: string, field?: string|null}} error a sentence for people */
export function explain(error) {
  if (error.name === "LineDown" || error.constructor.name === "LineDown") return say("line_down");
  if (error.constructor.name === "Refused") {
    return [error.message, [error.code, error.field].filter(Boolean).join(" ")].filter(Boolean).join(" · ");
  }
  if (error.constructor.name === "Misdealt") return say("misdealt");
  if (error.name === "NotSupportedError") return say("no_crypto");
  return say("went_wrong", { what: error.message });
}
