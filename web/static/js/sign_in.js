/**
 * The sign-in and enrolment pages: who has a key in this browser, and a code for those who have none yet.
 */
import { busy, status } from "./forms.js";
import { allKeys } from "./keys.js";
import { landing } from "./landing.js";
import { enrol, join, signIn } from "./people.js";
import { context, say } from "./words.js";

async function listKeys() {
  const list = document.getElementById("known-keys");
  if (!list) return;
  const { venue } = context();
  const keys = (await allKeys()).filter((each) => each.venue === venue);
  /** @type {HTMLElement} */ (list.closest("section")).hidden = keys.length === 0;
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("known-key"));
  list.replaceChildren(...keys.map((each) => {
    const row = /** @type {HTMLElement} */ (template.content.cloneNode(true));
    /** @type {HTMLElement} */ (row.querySelector("[data-person]")).textContent = /** @type {any} */ (each).label ?? each.person ?? "";
    /** @type {HTMLElement} */ (row.querySelector("[data-where]")).textContent = each.session ?? say("whole_venue");
    const form = /** @type {HTMLFormElement} */ (row.querySelector("form"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(form, async () => {
        await signIn(each, venue);
        location.assign(landing(location.search, location.origin, each.session));
      });
    });
    return row;
  }));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.classList.contains("enrol")) {
    event.preventDefault();
    const code = String(new FormData(form).get("code") ?? "");
    void busy(form, async () => {
      const done = await enrol(code);
      status(form, say("enrolled", { person: done.person }), "ok");
      location.assign(form.dataset.then || landing(location.search, location.origin, done.session));
    });
  }
  if (form.classList.contains("join-session")) {
    event.preventDefault();
    void busy(form, async () => {
      const session = form.dataset.session ?? String(new FormData(form).get("session") ?? "").trim();
      await join({ ...context(), session });
      location.reload();
    });
  }
});
void listKeys();
