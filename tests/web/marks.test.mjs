import assert from "node:assert/strict";
import { test } from "node:test";
import { isEdge, normalise, plain, readMark, sum } from "../../web/static/js/marks.js";

const criterion = { id: "t1", min: "0", max: "10", step: "0.5" };

test("a mark keeps its value and loses what does not matter", () => {
  assert.deepEqual(readMark("7.50", criterion), { mark: "7.5", problem: null });
  assert.deepEqual(readMark("08", criterion), { mark: "8", problem: null });
  assert.deepEqual(readMark("0", criterion), { mark: "0", problem: null });
});

test("nothing typed is absent, which is not zero", () => {
  assert.deepEqual(readMark("  ", criterion), { mark: null, problem: null });
});

test("full-width digits and points of input methods are digits and points", () => {
  assert.equal(normalise("７。５"), "7.5");
  assert.equal(normalise("　１０．０ "), "10.0");
  assert.deepEqual(readMark("７．５", criterion), { mark: "7.5", problem: null });
});

test("a mark out of range is named and never moved into it", () => {
  assert.deepEqual(readMark("10.5", criterion), { mark: undefined, problem: "out_of_range" });
  assert.deepEqual(readMark("-1", criterion), { mark: undefined, problem: "out_of_range" });
});

test("a mark off its step is named, counted from the bottom of the range", () => {
  assert.deepEqual(readMark("7.3", criterion), { mark: undefined, problem: "off_step" });
  assert.deepEqual(readMark("0.6", { ...criterion, min: "0.1" }), { mark: "0.6", problem: null });
  assert.deepEqual(readMark("7.123456", { ...criterion, step: null }), { mark: "7.123456", problem: null });
});

test("what is not a number is named", () => {
  for (const text of ["七", "1e1", "7,5", "+7", ".5", "5.", "0x7"]) assert.equal(readMark(text, criterion).problem, "not_a_number");
});

test("sums are exact", () => {
  assert.equal(sum(["0.1", "0.2", "10"]), "10.3");
  assert.equal(sum(["0.5", "0.5"]), "1");
  assert.equal(sum(["-0.5", "0.25"]), "-0.25");
  assert.equal(sum([]), "0");
});

test("the ends of a range are edges", () => {
  assert.equal(isEdge("10", criterion), true);
  assert.equal(isEdge("0", { ...criterion, min: "0.0" }), true);
  assert.equal(isEdge("9.5", criterion), false);
  assert.equal(plain("-0.0"), "0");
});
