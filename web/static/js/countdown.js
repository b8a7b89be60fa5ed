/**
 * Time left until an instant of the server: `<count-down data-until="ms">`. The server decides at zero, not this page.
 */
import { now } from "./clock.js";
import { say } from "./words.js";

const ANNOUNCED = [10, 5, 1];

export class CountDown extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "timer");
    this.show();
    this.timer = setInterval(() => this.show(), 500);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  show() {
    const left = Math.max(Math.ceil((Number(this.dataset.until) - now()) / 1000), 0);
    const [days, hours, minutes, seconds] = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
    const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, "0")).join(":");
    this.textContent = left === 0 ? say("time_up") : days ? say("days_and", { days, clock }) : clock;
    if (ANNOUNCED.includes(left / 60)) this.announce(say("minutes_left", { minutes: left / 60 }));
  }

  /** @param {string} text */
  announce(text) {
    const live = document.getElementById("announcer");
    if (live && live.textContent !== text) live.textContent = text;
  }
}
customElements.define("count-down", CountDown);
