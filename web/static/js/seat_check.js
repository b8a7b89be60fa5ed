/**
 * The seat check: everything a seat needs, tried for real, all at once, each with what to do when it fails.
 */
import * as clock from "./clock.js";
import { makeKeys, sign } from "./keys.js";
import { decryptWith, encryptTo } from "./seal.js";
import { utf8 } from "./encoding.js";
import * as vault from "./vault.js";
import { say } from "./words.js";

const MIB = 1024 * 1024;
const ROOM = 500 * MIB;
const MAX_OFFSET = 5_000;
/** A bid beside its criteria needs so many points: a screen of 1366 has 1093 of them at 125 percent. */
const MIN_WIDTH = 1_000;

/** @type {Record<string, () => Promise<string>>} each returns a detail, or throws */
const CHECKS = {
  async secure() {
    if (!isSecureContext || !crypto.subtle) throw new Error(location.protocol);
    return location.protocol.replace(":", "");
  },
  async keys() {
    const keys = await makeKeys();
    await sign(keys, utf8("seat check"));
    return keys.suite;
  },
  async seals() {
    const keys = await makeKeys();
    const opened = await decryptWith(keys.receiving, await encryptTo(keys.recipient, utf8("seat check")));
    if (opened.length !== 10) throw new Error("age");
    return typeof keys.receiving === "string" ? "age" : "X25519";
  },
  async storage() {
    await vault.put("facts", "seat-check", Date.now());
    localStorage.setItem("bideval.seat-check", "1");
    const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    if (quota - usage < ROOM) throw new Error(`${Math.floor((quota - usage) / MIB)} MiB`);
    return `${Math.floor((quota - usage) / MIB)} MiB`;
  },
  async locks() {
    if (!navigator.locks) throw new Error("navigator.locks");
    return navigator.locks.request("bideval-seat-check", () => "ok");
  },
  async clock() {
    const sent = Date.now();
    const response = await fetch("/api/venue", { cache: "no-store" });
    const { now } = await response.json();
    clock.learn(sent, Date.now(), now);
    const offset = Math.round(clock.now() - Date.now());
    if (Math.abs(offset) > MAX_OFFSET) throw new Error(`${offset} ms`);
    return `${offset} ms`;
  },
  async screen() {
    if (innerWidth < MIN_WIDTH) throw new Error(`${innerWidth} px`);
    return `${innerWidth} × ${innerHeight}`;
  },
};

/** @param {HTMLElement} row */
async function check(row) {
  const state = /** @type {HTMLElement} */ (row.querySelector("[data-state]"));
  const detail = /** @type {HTMLElement} */ (row.querySelector("[data-detail]"));
  const help = /** @type {HTMLElement} */ (row.querySelector("[data-help]"));
  try {
    detail.textContent = await CHECKS[row.dataset.check ?? ""]();
    state.className = "state is-ok";
    state.textContent = `✓ ${say("check_passed")}`;
    help.hidden = true;
  } catch (error) {
    detail.textContent = /** @type {Error} */ (error).message;
    state.className = "state is-bad";
    state.textContent = `✕ ${say("check_failed")}`;
    help.hidden = false;
  }
}

async function checkAll() {
  const rows = /** @type {HTMLElement[]} */ (Array.from(document.querySelectorAll("[data-check]")));
  await Promise.all(rows.map(check));
  const failed = rows.filter((row) => row.querySelector(".is-bad")).length;
  const summary = /** @type {HTMLElement} */ (document.getElementById("check-summary"));
  summary.className = `notice ${failed ? "is-bad" : "is-ok"}`;
  summary.textContent = failed ? say("checks_failed", { count: failed }) : say("checks_passed");
}
document.getElementById("check-again")?.addEventListener("click", () => void checkAll());
void checkAll();
