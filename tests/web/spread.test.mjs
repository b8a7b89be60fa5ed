import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Spread } from "../../web/static/js/spread.js";

const silent = () => new Promise(() => {});

function watched(ask = silent) {
  const spread = new Spread("s-1", ask);
  const shown = [];
  spread.addEventListener("spread", () => shown.push(spread.saved));
  return { spread, shown };
}

test("a hint after the answer widens what is saved", () => {
  const { spread, shown } = watched();
  spread.acknowledged("a", "here");
  spread.told({ entry: "a", saved: "session" });
  assert.deepEqual(shown, ["here", "session"]);
});

test("a hint that overtakes the answer is not lost", () => {
  const { spread, shown } = watched();
  spread.told({ entry: "a", saved: "session" });
  spread.acknowledged("a", "here");
  assert.deepEqual(shown, ["session"]);
});

test("a hint about an older entry says nothing of the newest", () => {
  const { spread } = watched();
  spread.acknowledged("a", "here");
  spread.acknowledged("b", "here");
  spread.told({ entry: "a", saved: "session" });
  assert.equal(spread.saved, "here");
});

test("when no hint comes the server is asked, again and again, until it is saved", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const answers = [() => Promise.resolve({ saved: "here" }), () => Promise.reject(new Error("down")), () => Promise.resolve({ saved: "session" })];
  const asked = [];
  const { spread } = watched((url) => {
    asked.push(url);
    return answers[asked.length - 1]();
  });
  spread.acknowledged("a", "here");
  for (const wait of [2_000, 4_000, 8_000, 60_000]) {
    mock.timers.tick(wait);
    await new Promise(setImmediate);
  }
  mock.timers.reset();
  assert.deepEqual(asked, Array(3).fill("/api/sessions/s-1/entries/a"));
  assert.equal(spread.saved, "session");
});

test("an answer about an older entry changes nothing", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let tell = (_) => {};
  const { spread } = watched(() => new Promise((resolve) => { tell = resolve; }));
  spread.acknowledged("a", "here");
  mock.timers.tick(2_000);
  spread.acknowledged("b", "here");
  tell({ saved: "session" });
  await new Promise(setImmediate);
  mock.timers.reset();
  assert.equal(spread.saved, "here");
});
