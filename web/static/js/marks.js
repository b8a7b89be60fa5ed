/**
 * What counts as a mark when it is typed. Pure; the law of ranges and steps is the tender's, given as text.
 * Decided here: which keystrokes mean the same digit, and what is wrong with a text. Nothing is clamped or guessed.
 */

/** @typedef {{id: string, min: string, max: string, step: string|null}} Criterion */
/** @typedef {{mark: string|null, problem: null} | {mark: undefined, problem: "not_a_number"|"out_of_range"|"off_step"}} Verdict */

const FULL_WIDTH = /[\uff10-\uff19]/g;

/** Digits and points of Chinese input methods, as plain ones. @param {string} text */
export function normalise(text) {
  return text
    .replaceAll(FULL_WIDTH, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replaceAll(/[\uff0e\u3002]/g, ".")
    .replaceAll(/[\uff0d\u2212]/g, "-")
    .replaceAll(/[\s\u3000]/g, "");
}

/** A decimal as integer and number of places. @param {string} text @returns {[bigint, number]} */
function scaled(text) {
  const [whole, part = ""] = text.split(".");
  return [BigInt(whole + part), part.length];
}

/** All texts on one scale, so that they compare and divide exactly. @param {string[]} texts @returns {bigint[]} */
function aligned(...texts) {
  const pairs = texts.map(scaled);
  const places = Math.max(...pairs.map(([, count]) => count));
  return pairs.map(([digits, count]) => digits * 10n ** BigInt(places - count));
}

/** The shortest way to write a decimal: 7.50 is 7.5 and 08 is 8. @param {string} text */
export function plain(text) {
  const negative = text.startsWith("-");
  const [whole, part = ""] = text.replace("-", "").split(".");
  const tail = part.replace(/0+$/, "");
  const head = whole.replace(/^0+(?=\d)/, "");
  const bare = tail ? `${head}.${tail}` : head;
  return negative && bare !== "0" ? `-${bare}` : bare;
}

/** @param {string} typed @param {Criterion} criterion @returns {Verdict} */
export function readMark(typed, criterion) {
  const text = normalise(typed);
  if (text === "") return { mark: null, problem: null };
  if (!/^-?\d{1,9}(\.\d{1,6})?$/.test(text)) return { mark: undefined, problem: "not_a_number" };
  const [value, min, max] = aligned(text, criterion.min, criterion.max);
  if (value < min || value > max) return { mark: undefined, problem: "out_of_range" };
  if (criterion.step !== null) {
    const [mark, start, step] = aligned(text, criterion.min, criterion.step);
    if ((mark - start) % step !== 0n) return { mark: undefined, problem: "off_step" };
  }
  return { mark: plain(text), problem: null };
}

/** @param {string[]} marks @returns {string} the exact sum, shortest form */
export function sum(marks) {
  if (marks.length === 0) return "0";
  const pairs = marks.map(scaled);
  const places = Math.max(...pairs.map(([, count]) => count));
  const total = aligned(...marks).reduce((left, right) => left + right, 0n);
  const digits = String(total < 0n ? -total : total).padStart(places + 1, "0");
  const text = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return plain(total < 0n ? `-${text}` : text);
}

/** @param {string} mark @param {Criterion} criterion at the very bottom or top of its range */
export const isEdge = (mark, criterion) => [plain(criterion.min), plain(criterion.max)].includes(mark);
