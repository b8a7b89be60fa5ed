import assert from "node:assert/strict";
import { test } from "node:test";
import { SheetNotice } from "../../web/static/js/sheet_notice.js";

function box() {
  const text = { textContent: "" };
  const button = { hidden: true, addEventListener: (_, press) => (button.press = press) };
  return { text, button, hidden: true, className: "", querySelector: (wanted) => (wanted === "button" ? button : text) };
}

test("what stops the work is told before what is only to be known", () => {
  const place = box();
  const notice = new SheetNotice(place, () => {});
  notice.tell("news", "marks elsewhere");
  assert.deepEqual([place.hidden, place.text.textContent, place.className, place.button.hidden], [false, "marks elsewhere", "notice is-warn", false]);
  notice.tell("halt", "signed out");
  assert.deepEqual([place.text.textContent, place.className, place.button.hidden], ["signed out", "notice is-bad", true]);
  notice.tell("halt", "");
  assert.equal(place.text.textContent, "marks elsewhere");
});

test("who has read a notice takes away that one", () => {
  const place = box();
  const read = [];
  const notice = new SheetNotice(place, (rank) => read.push(rank));
  notice.tell("refused", "late");
  notice.tell("news", "marks elsewhere");
  place.button.press();
  notice.tell("refused", "");
  place.button.press();
  notice.tell("news", "");
  assert.deepEqual([read, place.hidden], [["refused", "news"], true]);
});
