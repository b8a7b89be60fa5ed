import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.HTMLElement = class {};
globalThis.customElements = { define: () => {} };
globalThis.document = { getElementById: () => null };
const { stateOf } = await import("../../web/static/js/save_state.js");

const READY = { wrong: 0, typing: false, unsent: 0, refused: 0, downSince: 0, savedAt: 0, savedBy: null, ready: true };
const word = (facts) => stateOf({ ...READY, ...facts })[1];

test("a page that is signed out counts nothing as still to send", () => {
  assert.deepEqual(stateOf({ ...READY, unsent: 3, downSince: 1, out: true }), ["bad", "state_out", {}]);
  assert.deepEqual([word({ unsent: 3 }), word({ unsent: 3, downSince: 1 })], ["state_waiting", "state_down"]);
});

test("what is wrong is told before what waits, and what waits before what is saved", () => {
  const told = [{ wrong: 1, unsent: 1 }, { refused: 1, unsent: 1 }, { paused: true, unsent: 1 }, { paused: true }, { unsent: 1, signed: true }, { signed: true }];
  assert.deepEqual(told.map(word), ["state_wrong", "state_refused", "state_paused", "state_paused_sent", "state_waiting", "state_signed"]);
});

test("saved here and saved by the session are two things", () => {
  assert.deepEqual([word({}), word({ savedBy: "here" }), word({ savedBy: "session" })], ["state_nothing", "state_here", "state_session"]);
  assert.deepEqual([0, 1].map((given) => word({ savedBy: "session", given })), ["state_nothing", "state_session"]);
});
