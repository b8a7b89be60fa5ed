/**
 * Forms that become an object: for signed acts and for the venue's own JSON interface.
 * Decided here: how names and `data-as` make the object, where an error is shown, how a form says that it works.
 */
import { clockText, now } from "./clock.js";
import { instantText } from "./encoding.js";
import { Refused } from "./post.js";
import { explain, say } from "./words.js";

/** @param {HTMLFormElement} form @returns {Record<string, any>} */
export function bodyOf(form) {
  const body = JSON.parse(form.dataset.body ?? "{}");
  for (const control of Array.from(form.elements)) {
    const input = /** @type {HTMLInputElement} */ (control);
    if (!input.name || input.disabled || input.type === "file") continue;
    if (input.type === "radio" && !input.checked) continue;
    assign(body, input.name.split("."), valueOf(input));
  }
  return body;
}

/** @param {HTMLInputElement} input */
function valueOf(input) {
  const text = input.value.trim();
  if (input.dataset.as === "boolean") return input.type === "checkbox" ? input.checked : text === "true";
  if (input.dataset.as === "integer") return text === "" ? null : Number.parseInt(text, 10);
  if (input.dataset.as === "optional") return text === "" ? null : text;
  if (input.dataset.as === "instant") return text === "" ? null : `${text.length === 16 ? `${text}:00` : text}.000+08:00`;
  if (input.dataset.as === "instant-or-now") return text === "" ? instantText(now()) : `${text.length === 16 ? `${text}:00` : text}.000+08:00`;
  if (input.dataset.as === "list") return text.split(/[\s,，]+/).filter(Boolean);
  return text;
}

/** @param {any} body @param {string[]} path @param {unknown} value */
function assign(body, path, value) {
  const last = /** @type {string} */ (path.at(-1));
  const holder = path.slice(0, -1).reduce((inner, name) => (inner[name] ??= {}), body);
  holder[last] = value;
}

/** Text and tone in the form's own status line. @param {HTMLElement} form @param {string} text @param {"ok"|"warn"|"bad"|"plain"} tone */
export function status(form, text, tone) {
  let line = /** @type {HTMLElement|null} */ (form.querySelector(".form-status"));
  if (!line) {
    line = document.createElement("p");
    form.append(line);
  }
  line.className = `form-status notice is-${tone}`;
  line.setAttribute("role", tone === "bad" ? "alert" : "status");
  line.hidden = text === "";
  line.textContent = text;
}

/** @param {HTMLFormElement} form @param {Error} error */
export function fail(form, error) {
  status(form, explain(error), "bad");
  if (!(error instanceof Refused) || !error.field) return;
  const name = error.field.split(".").at(-1) ?? "";
  const input = Array.from(form.elements).find((control) => /** @type {any} */ (control).name?.split(".").at(-1) === name);
  input?.setAttribute("aria-invalid", "true");
  if (input instanceof HTMLElement) input.focus();
}

/** @param {HTMLFormElement} form @param {string} saved */
export function succeed(form, saved) {
  const word = saved === "session" ? "state_session" : "state_here";
  status(form, say(word, { time: clockText(now()) }), "ok");
}

/** One deliberate act: say what will be signed and ask once. @param {string} text @returns {Promise<boolean>} */
export function confirmed(text) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("confirm-act"));
  /** @type {HTMLElement} */ (dialog.querySelector("[data-text]")).textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Run `work` while the form is busy. @param {HTMLFormElement} form @param {() => Promise<void>} work */
export async function busy(form, work) {
  const buttons = Array.from(form.querySelectorAll("button"));
  buttons.forEach((button) => (button.disabled = true));
  form.querySelectorAll('[aria-invalid="true"]').forEach((input) => input.removeAttribute("aria-invalid"));
  status(form, say("working"), "plain");
  try {
    await work();
  } catch (error) {
    fail(form, /** @type {Error} */ (error));
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}
