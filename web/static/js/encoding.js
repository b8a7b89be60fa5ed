/**
 * Bytes that are signed or hashed, exactly as the server makes them (docs/spec).
 * Decided here: base64url, canonical JSON, SHA-256, length prefixes, tagged hashes. No keys, no storage.
 */
import { sha256 } from "@noble/hashes/sha2.js";

const TEXT = new TextEncoder();
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** @param {string} text */
export const utf8 = (text) => TEXT.encode(text);

/** @param {Uint8Array} bytes @returns {string} base64url without padding */
export function b64u(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text @returns {Uint8Array} @throws {RangeError} for padding, foreign letters, loose trailing bits */
export function unb64u(text) {
  if (!BASE64URL.test(text) || text.length % 4 === 1) throw new RangeError("base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  if (b64u(bytes) !== text) throw new RangeError("base64url");
  return bytes;
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Order of code points; the default sort of JavaScript is that of UTF-16 units. */
function byCodePoint(/** @type {string} */ left, /** @type {string} */ right) {
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const gap = /** @type {number} */ (a[at].codePointAt(0)) - /** @type {number} */ (b[at].codePointAt(0));
    if (gap !== 0) return gap;
  }
  return a.length - b.length;
}

/** @param {unknown} value @returns {string} */
export function canonicalText(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return canonicalString(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError("canonical JSON holds integers below 2^53 only");
    return String(value === 0 ? 0 : value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const members = /** @type {Record<string, unknown>} */ (value);
    const keys = Object.keys(members).sort(byCodePoint);
    return `{${keys.map((key) => `${canonicalString(key)}:${canonicalText(members[key])}`).join(",")}}`;
  }
  throw new TypeError("not a JSON value");
}

/** @param {string} text */
function canonicalString(text) {
  for (const letter of text) {
    const point = /** @type {number} */ (letter.codePointAt(0));
    if (point >= 0xd800 && point <= 0xdfff) throw new RangeError("lone surrogate");
  }
  return JSON.stringify(text);
}

/** @param {unknown} value @returns {Uint8Array} */
export const canonicalBytes = (value) => utf8(canonicalText(value));

/** @param {Uint8Array} bytes @returns {string} lower-case hex SHA-256 */
export const digest = (bytes) => hex(sha256(bytes));

/** @param {...Uint8Array} parts each becomes uint32 big-endian length + bytes */
export function lengthPrefixed(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(all.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    all.set(part, at + 4);
    at += 4 + part.length;
  }
  return all;
}

/** @param {string} tag @param {...Uint8Array} parts */
export const taggedBytes = (tag, ...parts) => lengthPrefixed(utf8(tag), ...parts);

/** @param {string} tag @param {...Uint8Array} parts @returns {Uint8Array} 32 bytes */
export const taggedHash = (tag, ...parts) => sha256(taggedBytes(tag, ...parts));

/** @param {number} size */
export const randomBytes = (size) => crypto.getRandomValues(new Uint8Array(size));

/** Beijing time with milliseconds and offset, as entries carry it. @param {number} ms */
export function instantText(ms) {
  return new Date(ms + 8 * 3600_000).toISOString().replace("Z", "+08:00");
}
