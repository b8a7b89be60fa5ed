// Exact fractions of BigInt, and decimal text (docs/spec/evaluation-case.md, Conventions).
import { must } from "./verdict.mjs";

const DECIMAL = /^(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,18}))?$/;

export const isDecimal = (text) => typeof text === "string" && DECIMAL.test(text) && !/^-[0.]*$/.test(text);

function divisor(a, b) {
  let [x, y] = [a < 0n ? -a : a, b];
  while (y) [x, y] = [y, x % y];
  return x;
}

export function fraction(n, d = 1n) {
  must(d !== 0n, "a division by zero");
  const [top, bottom] = d < 0n ? [-n, -d] : [n, d];
  const common = divisor(top, bottom) || 1n;
  return { n: top / common, d: bottom / common };
}

export const whole = (value) => fraction(BigInt(value));

export function fromText(text) {
  must(isDecimal(text), `${text} is no decimal`);
  const [, sign, digits, places = ""] = DECIMAL.exec(text);
  return fraction(BigInt(`${sign}${digits}${places}`), 10n ** BigInt(places.length));
}

export const plus = (a, b) => fraction(a.n * b.d + b.n * a.d, a.d * b.d);
export const minus = (a, b) => fraction(a.n * b.d - b.n * a.d, a.d * b.d);
export const mul = (a, b) => fraction(a.n * b.n, a.d * b.d);
export const div = (a, b) => fraction(a.n * b.d, a.d * b.n);
export const magnitude = (a) => fraction(a.n < 0n ? -a.n : a.n, a.d);
export const total = (values) => values.reduce(plus, whole(0));

export function compare(a, b) {
  const left = a.n * b.d - b.n * a.d;
  return left < 0n ? -1 : left > 0n ? 1 : 0;
}

// Rounds to a number of places: half_up goes away from zero, half_even to the even digit.
export function rounded(value, places, mode) {
  const scale = 10n ** BigInt(places);
  const top = (value.n < 0n ? -value.n : value.n) * scale;
  let [digits, rest] = [top / value.d, 2n * (top % value.d)];
  if (rest > value.d || (rest === value.d && (mode === "half_up" || digits % 2n === 1n))) digits += 1n;
  return fraction(value.n < 0n ? -digits : digits, scale);
}

// The decimal text of a fraction that ends: exact, with at least so many places.
export function toText(value, places) {
  let width = places;
  while ((value.n * 10n ** BigInt(width)) % value.d !== 0n) width += 1;
  const scaled = (value.n * 10n ** BigInt(width)) / value.d;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(width + 1, "0");
  const text = width ? `${digits.slice(0, -width)}.${digits.slice(-width)}` : digits;
  return scaled < 0n ? `-${text}` : text;
}
