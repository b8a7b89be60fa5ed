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

/** What reaches the disk at once; `fail` as a full one does. */
class MemoryDisk {
  items = new Map();
  async read(prefix) { return Array.from(this.items).filter(([key]) => key.startsWith(prefix)); }
  async write(key, typed) {
    if (this.full) throw new Error("QuotaExceededError");
    this.items.set(key, typed);
  }
}

const journal = (scope, storage = new MemoryStorage(), disk = new MemoryDisk()) => new Journal(scope, storage, disk);

test("the journal keeps one item a field and scopes do not meet", () => {
  const [storage, disk] = [new MemoryStorage(), new MemoryDisk()];
  const [mine, other] = [journal("s/one", storage, disk), journal("s/two", storage, disk)];
  mine.note("bid\nt1", "7");
  other.note("bid\nt1", "9");
  assert.deepEqual(Array.from(mine.pending()), [["bid\nt1", "7"]]);
});

test("the journal forgets only the very text that was stored", () => {
  const mine = journal("s/one");
  mine.note("bid\nt1", "7");
  mine.note("bid\nt1", "7.5");
  mine.clear("bid\nt1", "7");
  assert.equal(mine.pending().get("bid\nt1"), "7.5");
  mine.clear("bid\nt1", "7.5");
  assert.equal(mine.pending().size, 0);
});

test("a killed browser loses what its storage had not written, not what is on the disk", async () => {
  const disk = new MemoryDisk();
  const before = journal("s/one", new MemoryStorage(), disk);
  before.note("f", "1");
  before.note("f", "10");
  before.note("g", "3");
  const after = await journal("s/one", new MemoryStorage(), disk).load();
  assert.deepEqual(Array.from(after.pending()), [["f", "10"], ["g", "3"]]);
});

test("a stale storage does not bring back what was stored after it", async () => {
  const [disk, stale] = [new MemoryDisk(), new MemoryStorage()];
  const before = journal("s/one", new MemoryStorage(), disk);
  before.note("f", "1");
  stale.items = new Map(before.storage.items);
  before.note("f", "10");
  before.clear("f", "10");
  const after = await journal("s/one", stale, disk).load();
  assert.equal(after.pending().size, 0);
  after.note("f", "2");
  assert.equal((await journal("s/one", stale, disk).load()).pending().get("f"), "2");
});

test("what only the storage has is newer than an older text on the disk", async () => {
  const [disk, storage] = [new MemoryDisk(), new MemoryStorage()];
  const before = journal("s/one", storage, disk);
  before.note("f", "1");
  disk.full = true;
  before.note("f", "2");
  disk.full = false;
  assert.equal((await journal("s/one", storage, disk).load()).pending().get("f"), "2");
});

test("an item of an earlier version is still pending", async () => {
  const storage = new MemoryStorage();
  storage.setItem("bideval.journal/s/one/f", "9.5");
  assert.deepEqual(Array.from((await journal("s/one", storage).load()).pending()), [["f", "9.5"]]);
});

test("a full storage is told, not thrown", () => {
  const storage = new MemoryStorage();
  storage.setItem = () => { throw new Error("QuotaExceededError"); };
  assert.equal(journal("s", storage).note("f", "1"), false);
});
