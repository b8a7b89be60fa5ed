import assert from "node:assert/strict";
import { test } from "node:test";
import { landing } from "../../web/static/js/landing.js";

const ORIGIN = "https://venue.example:8443";
const to = (next, session = null) => landing(next === undefined ? "" : `?next=${encodeURIComponent(next)}`, ORIGIN, session);

test("whoever asked for a page of a session lands there", () => {
  assert.equal(to("/sessions/fh-2026-0117/record"), "/sessions/fh-2026-0117/record");
  assert.equal(to("/sessions/fh-2026-0117/score", "fh-2026-0117"), "/sessions/fh-2026-0117/score");
  assert.equal(landing("?next=/sessions/fh-2026-0117/desk", ORIGIN, null), "/sessions/fh-2026-0117/desk");
});

test("without an address one lands at the next task", () => {
  assert.equal(to(undefined), "/");
  assert.equal(to(""), "/");
  assert.equal(to(undefined, "fh-2026-0117"), "/sessions/fh-2026-0117/work");
});

test("a key of one session does not lead into another", () => {
  assert.equal(to("/sessions/other/record", "fh-2026-0117"), "/sessions/fh-2026-0117/work");
  assert.equal(to("/sessions/fh-2026-01170/record", "fh-2026-0117"), "/sessions/fh-2026-0117/work");
  assert.equal(to("/sessions/fh-2026-0117/../other/record", "fh-2026-0117"), "/sessions/fh-2026-0117/work");
});

test("no address leads to another site, nor to anything but a page of a session", () => {
  const foreign = [
    "https://evil.example/sessions/x/desk", "//evil.example/sessions/x/desk", "/\\evil.example/sessions/x", "\\\\evil.example/sessions/x",
    "/\t/evil.example/sessions/x", "/\n//evil.example/sessions/x", "javascript:alert(1)", "data:text/html,x", " //evil.example/sessions/",
    "https:/sessions/x", "sessions/x", "///evil.example/sessions/x", "/sessions/../api/logout", "/api/files/0", "/demo", "/lang/en?back=//evil.example",
    "http://venue.example:8443/sessions/x/desk", "/%2f/evil.example", "/@evil.example/sessions/", "/sessions", "//[bad/sessions/",
  ];
  for (const next of foreign) {
    const found = to(next);
    assert.equal(new URL(found, ORIGIN).origin, ORIGIN, next);
    assert.equal(found, "/", next);
  }
});
