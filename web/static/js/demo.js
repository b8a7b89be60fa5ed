/**
 * The demonstration page: one press becomes a role, by its code the first time, by the kept key afterwards.
 */
import { busy } from "./forms.js";
import { allKeys } from "./keys.js";
import { enrol, signIn } from "./people.js";
import { Refused, postJson } from "./post.js";
import { context } from "./words.js";

/** @param {HTMLFormElement} form */
async function become(form) {
  const { venue } = context();
  const { person = "", then = "/" } = form.dataset;
  const keys = (await allKeys()).filter((each) => each.venue === venue && each.person === person);
  for (const each of keys.reverse()) {
    try {
      await signIn(each, venue);
      return location.assign(then);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  const { code } = await postJson("/demo/code", { person });
  await enrol(code);
  location.assign(then);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.classList.contains("become")) return;
  event.preventDefault();
  void busy(form, () => become(form));
});
