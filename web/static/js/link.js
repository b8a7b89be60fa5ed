/**
 * The page's one line to this venue's server. It only brings news: every write is a POST elsewhere.
 * Decided here: presence, clock offset, heartbeat, reconnect with jitter, fragments. News becomes events on `document`.
 */
import { Idiomorph } from "idiomorph";
import * as clock from "./clock.js";
import { context, say } from "./words.js";

const BEAT = 10_000;
const SILENCE = 25_000;
const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 15_000;
const SIGNED_OUT = 4403;

class Link {
  pause = FIRST_PAUSE;
  downSince = 0;
  heard = 0;
  ended = false;

  /** @param {string} session */
  constructor(session) {
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live?session=${encodeURIComponent(session)}`;
    addEventListener("offline", () => this.socket?.close());
    addEventListener("online", () => this.open());
    this.open();
    setInterval(() => this.beat(), BEAT);
  }

  open() {
    if (this.ended || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.heard = Date.now();
      this.show("up");
      this.beat();
    };
    socket.onmessage = (message) => this.receive(JSON.parse(message.data));
    socket.onclose = (event) => (event.code === SIGNED_OUT ? this.end() : this.lost(socket));
  }

  /** Nobody is signed in here any more: nothing is asked for again until somebody is. */
  end() {
    this.ended = true;
    this.show("down", say("link_out"));
    document.dispatchEvent(new Event("live:ended"));
  }

  /** @param {WebSocket} socket */
  lost(socket) {
    if (socket !== this.socket) return;
    this.show("down");
    this.timer = setTimeout(() => this.open(), this.pause * Math.random() + 100);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  beat() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - Math.max(this.heard, clock.heardAt()) > SILENCE) return this.socket.close();
    this.socket.send(JSON.stringify({ type: "ping" }));
    void readClock();
  }

  /** @param {{type: string, [more: string]: any}} event */
  receive(event) {
    this.heard = Date.now();
    if (event.type === "fragment") morph(event.target, event.html);
    document.dispatchEvent(new CustomEvent(`live:${event.type}`, { detail: event }));
  }

  /** @param {"up"|"down"} state @param {string} [words] */
  show(state, words = "") {
    this.downSince = state === "up" ? 0 : this.downSince || clock.now();
    const chip = document.querySelector(".bar-link");
    if (chip instanceof HTMLElement) {
      chip.dataset.state = state;
      const [sign, word] = Array.from(chip.children);
      sign.textContent = state === "up" ? "●" : "△";
      const told = state === "up" ? say("link_up") : say("link_down", { time: clock.clockText(this.downSince, "minutes") });
      word.textContent = words || told;
    }
    document.dispatchEvent(new CustomEvent("live:state", { detail: { state, since: this.downSince } }));
  }
}

/** The server's clock, asked for on its own: the socket only brings news. */
async function readClock() {
  const sent = Date.now();
  const response = await fetch("/api/venue", { cache: "no-store" }).catch(() => null);
  const { now } = response?.ok ? await response.json() : {};
  if (!Number.isFinite(now)) return;
  clock.learn(sent, Date.now(), now);
  tick();
}

/** A part of the page as the server renders it now; focus and typed text stay. @param {string} id @param {string} html */
function morph(id, html) {
  const target = document.getElementById(id);
  const keep = (/** @type {Node} */ old) => !(old instanceof HTMLElement && inUse(old));
  const callbacks = { beforeNodeMorphed: keep, beforeNodeRemoved: keep };
  if (target) Idiomorph.morph(target, html, { morphStyle: "innerHTML", restoreFocus: true, callbacks });
}

/** A form that somebody has begun to fill in, and a part of a page that is open, stay as they are. @param {HTMLElement} part */
function inUse(part) {
  if (part instanceof HTMLDetailsElement) return part.open;
  if (!(part instanceof HTMLFormElement) || part.dataset.sent) return false;
  const controls = /** @type {any[]} */ (Array.from(part.elements));
  return part.contains(document.activeElement) || controls.some((control) => changed(control));
}

/** @param {any} control */
function changed(control) {
  if (control.type === "radio" || control.type === "checkbox") return control.checked !== control.defaultChecked;
  if (control instanceof HTMLSelectElement) return false;
  return "defaultValue" in control && control.value !== control.defaultValue;
}

/**
 * Fetch this page again and take over the parts marked as live: the same URL says the same to everybody.
 * Who was sent elsewhere, for example off the panel, hears why; the rest of the page stays as it is.
 */
async function refresh() {
  const response = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" }).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  document.querySelectorAll(response.redirected ? "#frame-now" : "[data-live][id]").forEach((part) => {
    const fresh = page.getElementById(part.id);
    if (fresh) morph(part.id, fresh.innerHTML);
  });
  if (!response.redirected) adopt(JSON.parse(page.getElementById("context")?.textContent ?? "{}"));
}

/** What the server would tell this page's scripts now. Never move a page under the user: a bar says where to go. @param {any} fresh */
function adopt(fresh) {
  const bar = document.getElementById("phase-moved");
  if (bar && fresh.phase !== context().phase) bar.hidden = false;
  document.dispatchEvent(new CustomEvent("live:context", { detail: fresh }));
}

/** News comes in bursts; one refresh a second is enough for people. */
let queued = 0;
function refreshSoon() {
  if (queued) return;
  queued = setTimeout(() => {
    queued = 0;
    void refresh();
  }, 300 + Math.random() * 700);
}

function tick() {
  const chip = document.querySelector(".bar-clock");
  if (chip) chip.textContent = (clock.known() ? "" : "≈ ") + clock.clockText(clock.now());
}

const { session } = context();
if (session) new Link(session);
else void readClock();
document.addEventListener("live:head", refreshSoon);
document.addEventListener("live:line", refreshSoon);
document.addEventListener("live:storage", refreshSoon);
document.addEventListener("live:phase", refreshSoon);
tick();
setInterval(tick, 1000);
