import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../web/static/js/history.js";
import { Journal } from "../../web/static/js/journal.js";

class MemoryStorage {
  items = new Map();
  get length() { return this.items.size; }
  key(at) { return Array.from(this.items.keys())[at] ?? null; }
  getItem(key) { return this.items.get(key) ?? null; }
  setItem(key, value) { this.items.set(key, value); }
  removeItem(key) { this.items.delete(key); }
}

test("undo and redo walk the same steps back and forth", () => {
  const history = new History();
  history.add({ field: "a", before: "", after: "7" });
  history.add({ field: "b", before: "", after: "" });
  history.add({ field: "b", before: "", after: "8" });
  assert.equal(history.undo().field, "b");
  assert.deepEqual(history.undo(), { field: "a", before: "", after: "7" });
  assert.equal(history.undo(), undefined);
  assert.equal(history.redo().field, "a");
  history.add({ field: "c", before: "", after: "1" });
  assert.equal(history.redo(), undefined);
});

test("the journal keeps one item a field and scopes do not meet", () => {
  const storage = new MemoryStorage();
  const [mine, other] = [new Journal("s/one", storage), new Journal("s/two", storage)];
  mine.note("bid\nt1", "7");
  other.note("bid\nt1", "9");
  assert.deepEqual(Array.from(mine.pending()), [["bid\nt1", "7"]]);
});

test("the journal forgets only the very text that was stored", () => {
  const journal = new Journal("s/one", new MemoryStorage());
  journal.note("bid\nt1", "7");
  journal.note("bid\nt1", "7.5");
  journal.clear("bid\nt1", "7");
  assert.equal(journal.pending().get("bid\nt1"), "7.5");
  journal.clear("bid\nt1", "7.5");
  assert.equal(journal.pending().size, 0);
});

test("a full storage is told, not thrown", () => {
  const storage = new MemoryStorage();
  storage.setItem = () => { throw new Error("QuotaExceededError"); };
  assert.equal(new Journal("s", storage).note("f", "1"), false);
});
