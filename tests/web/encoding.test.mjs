import assert from "node:assert/strict";
import { test } from "node:test";
import * as encoding from "../../web/static/js/encoding.js";

test("base64url has no padding and reads back", () => {
  assert.equal(encoding.b64u(Uint8Array.of(255, 239, 191)), "_--_");
  assert.deepEqual(encoding.unb64u("_--_"), Uint8Array.of(255, 239, 191));
  assert.equal(encoding.b64u(new Uint8Array()), "");
});

test("base64url that is padded, foreign or loose is refused", () => {
  for (const text of ["AA==", "A", "A+", "AB", "AAB"]) assert.throws(() => encoding.unb64u(text), RangeError);
});

test("canonical JSON sorts by code point and keeps letters as they are", () => {
  const value = { "\u{1f600}": 1, "\uff5e": [true, null, "专\u2028\u0001\"\\"], a: -3, A: {} };
  assert.equal(encoding.canonicalText(value), '{"A":{},"a":-3,"\uff5e":[true,null,"专\u2028\\u0001\\"\\\\"],"\u{1f600}":1}');
});

test("canonical JSON refuses what has no one form", () => {
  for (const value of [1.5, Number.NaN, 2 ** 53, "\ud800", undefined, new Date(0), { key: undefined }]) {
    assert.throws(() => encoding.canonicalText(value));
  }
});

test("length prefixes are four bytes, big end first", () => {
  assert.equal(encoding.hex(encoding.lengthPrefixed(encoding.utf8("ab"), new Uint8Array())), "00000002616200000000");
});

test("instants carry milliseconds and the offset of Beijing", () => {
  assert.equal(encoding.instantText(Date.UTC(2026, 10, 22, 2, 0, 0, 7)), "2026-11-22T10:00:00.007+08:00");
});
