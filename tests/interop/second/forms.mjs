// docs/spec/bodies.md: the forms that members have. Each takes a value and throws Void.
import { compare, fromText, isDecimal, whole } from "./fractions.mjs";
import { DIGEST, unb64u } from "./notation.mjs";
import { pointOfRecipient } from "./seal.mjs";
import { Refused } from "./verdict.mjs";

// An entry that is authentic and may not count; its message is the code.
export class Void extends Error {}

export function fail(code) {
  throw new Void(code);
}

export function need(holds, code) {
  if (!holds) fail(code);
}

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const length = (text) => Array.from(text).length;
export const printable = (text) => /^(?:[^\p{C}\p{Z}]| )*$/u.test(text);
const blank = (text) => /^\p{White_Space}*$/u.test(text);
export const bytesOf = (name) => Buffer.byteLength(JSON.stringify(name)) - 2;

const pattern = (regex, code) => (value) => need(typeof value === "string" && regex.test(value), code);
export const digest = pattern(DIGEST, "not_a_digest");
export const venue = pattern(/^[a-z][a-z0-9-]{1,30}$/, "bad_venue_id");
export const person = pattern(/^[a-z][a-z0-9-]{1,40}$/, "bad_person_id");
export const session = pattern(/^[a-z0-9][a-z0-9.-]{3,63}$/, "bad_session_id");
export const actor = (value) => (typeof value === "string" && value.startsWith("venue/") ? venue(value.slice(6)) : person(value));

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})(?:Z|([+-])(\d\d):(\d\d))$/;
const LAST = 253_402_214_400_000;

// Milliseconds since 1970, or null where the text is no instant.
export function instantOf(text) {
  const found = typeof text === "string" && INSTANT.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second, milli] = found.slice(1, 8).map(Number);
  const [sign, offHour, offMinute] = [found[8] ?? "+", Number(found[9] ?? 0), Number(found[10] ?? 0)];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59 || offHour > 23 || offMinute > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (year < 1 || date.getUTCMonth() !== month - 1 || day < 1) return null;
  const offset = (sign === "-" ? -1 : 1) * (offHour * 60 + offMinute) * 60_000;
  const instant = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + milli - offset;
  return instant >= 0 && instant <= LAST ? instant : null;
}

export const isInstant = (value) => instantOf(value) !== null;
export const instant = (value) => need(isInstant(value), "not_an_instant");

export const text = (min, max) => (value) => {
  need(typeof value === "string", "not_a_text");
  need(length(value) <= max, "too_long");
  need(length(value) >= min && (min === 0 || !blank(value)), "too_short");
  need(!/[\x00-\x08\x0b-\x1f\x7f]/.test(value), "control_character");
};

export const reason = text(1, 2000);
export const remark = opt(text(0, 2000));

export function label(value) {
  need(typeof value === "string" && length(value) >= 1 && length(value) <= 64, "bad_label");
  need(printable(value) && !/^ | $/.test(value), "bad_label");
}

export const oneOf = (...words) => (value) => need(words.includes(value), "unknown_choice");

export const count = (min, max = Number.MAX_SAFE_INTEGER) => (value) => {
  need(Number.isSafeInteger(value), "not_an_integer");
  need(value >= min && value <= max, "out_of_range");
};

export const count0 = count(0);

export const bytes = (max) => (value) => {
  try {
    need(unb64u(value, "bytes").length <= max, "not_base64url");
  } catch (error) {
    if (error instanceof Refused) fail("not_base64url");
    throw error;
  }
};

export const decimal = (value) => need(isDecimal(value), "not_a_decimal");

export const within = (low, high) => (value) => {
  decimal(value);
  const number = fromText(value);
  need(compare(number, whole(low)) >= 0 && (high === null || compare(number, whole(high)) <= 0), "out_of_range");
};

export function positive(value) {
  decimal(value);
  need(compare(fromText(value), whole(0)) > 0, "out_of_bounds");
}

export const recipient = (value) => need(typeof value === "string" && pointOfRecipient(value) !== null, "recipient_invalid");

// A member that may be null or absent.
export function opt(form) {
  const either = (value) => value === null || value === undefined || form(value);
  either.optional = true;
  return either;
}

// A member that must be there and may be null.
export const orNull = (form) => (value) => value === null || form(value);

export function object(members) {
  return (value) => {
    need(isObject(value), "not_an_object");
    for (const [name, form] of Object.entries(members)) {
      need(form.optional || Object.hasOwn(value, name), "missing");
      form(Object.hasOwn(value, name) ? value[name] : undefined);
    }
  };
}

export const list = (min, max, form) => (value) => {
  need(Array.isArray(value), "not_a_list");
  need(value.length >= min && value.length <= max, "wrong_count");
  value.forEach(form);
};

export const mapOf = (key, form) => (value) => {
  need(isObject(value), "not_an_object");
  Object.entries(value).forEach(([name, one]) => { key(name); form(one); });
};

export const only = (...names) => (value) => need(Object.keys(value).every((name) => names.includes(name)), "unknown_member");

export function unique(names, code = "duplicate_id") {
  need(new Set(names).size === names.length, code);
}

function enough(custodians, threshold) {
  unique(custodians, "duplicate_custodian");
  need(custodians.length >= threshold, "too_few_custodians");
}

export function custody(value) {
  object({ threshold: count(2, 16), custodians: list(0, 16, actor) })(value);
  enough(value.custodians, value.threshold);
}

function sealedShare(value) {
  object({ custodian: actor, digest, sealed: bytes(2048) })(value);
  only("custodian", "digest", "sealed")(value);
}

export function seal(value) {
  object({ purpose: oneOf("bid", "marks", "identity", "nonce"), recipient, threshold: count(2, 16), shares: list(2, 16, sealedShare) })(value);
  only("purpose", "recipient", "threshold", "shares")(value);
  enough(value.shares.map((share) => share.custodian), value.threshold);
}
