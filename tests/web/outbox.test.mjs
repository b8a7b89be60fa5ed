import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Outbox } from "../../web/static/js/outbox.js";
import { LineDown, Refused } from "../../web/static/js/post.js";

/** As much of IndexedDB as the vault uses, in memory. */
const kept = new Map();
const asked = (result) => {
  const request = { result };
  queueMicrotask(() => request.onsuccess?.());
  return request;
};
const area = {
  put: (value, key) => kept.set(key, value),
  delete: (key) => kept.delete(key),
  getAllKeys: () => asked([...kept.keys()].sort()),
  getAll: () => asked([...kept.keys()].sort().map((key) => kept.get(key))),
};
const database = {
  createObjectStore: () => {},
  transaction: () => {
    const transaction = { objectStore: () => area };
    setTimeout(() => transaction.oncomplete?.());
    return transaction;
  },
};
globalThis.IDBKeyRange = { bound: () => null };
globalThis.indexedDB = { open: () => asked(database) };
globalThis.document ??= { documentElement: { lang: "en" }, getElementById: () => null, querySelector: () => null };

const SESSION = "s-1";
const waiting = (id, jws = `jws-${id}`) => ({ id, session: SESSION, jws, hash: id, kind: "mark.sealed" });

/** A server that takes everything but `refused`, and notes each request. */
function server(refused = {}) {
  const requests = [];
  const saved = (jws) => ({ entry: jws });
  const post = async (url, body) => {
    requests.push([url, body.jws]);
    const list = [body.jws].flat();
    const end = list.findIndex((jws) => refused[jws]);
    if (end === 0) throw refused[list[0]];
    return url.endsWith("/several") ? { saved: list.slice(0, end < 0 ? list.length : end).map(saved) } : saved(list[0]);
  };
  return { requests, post };
}

async function sent(count, post) {
  const box = new Outbox(SESSION, post);
  const told = [];
  ["acknowledged", "refused", "down"].forEach((name) => box.addEventListener(name, (event) => told.push([name, event.detail.id ?? ""])));
  box.hold(true);
  for (let order = 0; order < count; order += 1) await box.add(waiting(`e${order}`), order);
  box.held = false;
  await box.run();
  clearTimeout(box.timer);
  return { box, told };
}

beforeEach(() => kept.clear());

test("one entry goes alone", async () => {
  const { requests, post } = server();
  const { told } = await sent(1, post);
  assert.deepEqual(requests, [["/api/entries", "jws-e0"]]);
  assert.deepEqual([told, kept.size], [[["acknowledged", "e0"]], 0]);
});

test("what has waited goes together, in its order, and each is acknowledged", async () => {
  const { requests, post } = server();
  const { told } = await sent(70, post);
  assert.deepEqual(requests.map(([url, jws]) => [url, jws.length]), [["/api/entries/several", 64], ["/api/entries/several", 6]]);
  assert.deepEqual(told, Array.from({ length: 70 }, (_, order) => ["acknowledged", `e${order}`]));
  assert.equal(kept.size, 0);
});

test("a refused one is set aside by its own refusal, and all others are sent", async () => {
  const { requests, post } = server({ "jws-e1": new Refused(409, { code: "late", message: "late" }) });
  const { told } = await sent(4, post);
  assert.deepEqual(requests.map(([, jws]) => jws), [["jws-e0", "jws-e1", "jws-e2", "jws-e3"], ["jws-e1", "jws-e2", "jws-e3"], "jws-e1", ["jws-e2", "jws-e3"]]);
  assert.deepEqual(told, [["acknowledged", "e0"], ["refused", "e1"], ["acknowledged", "e2"], ["acknowledged", "e3"]]);
  assert.deepEqual([...kept.values()].map((one) => one.id), ["e1"]);
});

test("a line that is down keeps everything", async () => {
  const { box, told } = await sent(3, () => Promise.reject(new LineDown("down")));
  assert.deepEqual([told, await box.unsent()], [[["down", ""]], 3]);
});

test("an answer without receipts keeps everything", async () => {
  const { box, told } = await sent(3, () => Promise.resolve({}));
  assert.deepEqual([told, await box.unsent()], [[["down", ""]], 3]);
});

test("a request holds no more characters than the server takes", async () => {
  const { requests, post } = server();
  const box = new Outbox(SESSION, post);
  box.hold(true);
  for (let order = 0; order < 20; order += 1) await box.add(waiting(`e${order}`, `${order}`.padEnd(65_000, "x")), order);
  box.held = false;
  await box.run();
  assert.deepEqual(requests.map(([, jws]) => jws.length), [13, 7]);
});
