/**
 * A form whose submission is a signed entry: `<form class="signed-act" data-kind="…">`.
 * Decided here: confirm, sign, send, say. What may be sent is decided by the server.
 */
import { act, resume } from "./acts.js";
import { clockText } from "./clock.js";
import { bodyOf, busy, confirmed, status, succeed } from "./forms.js";
import { say } from "./words.js";

/** @param {HTMLFormElement} form */
async function submit(form) {
  delete form.dataset.sent;
  if (form.dataset.confirm && !(await confirmed(form.dataset.confirm))) return;
  await busy(form, async () => {
    const down = (/** @type {number} */ since) => status(form, say("state_down", { count: 1, time: clockText(since, "minutes") }), "warn");
    const answer = await act(form.dataset.kind ?? "", bodyOf(form), down);
    form.dataset.sent = "yes";
    succeed(form, answer.saved);
    if (form.dataset.then) location.assign(form.dataset.then);
    else document.dispatchEvent(new CustomEvent("live:head", { detail: {} }));
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.classList.contains("signed-act")) return;
  event.preventDefault();
  void submit(form);
});

/* A reason is asked for only where it is needed: `data-when="field=value|other"` shows a part of the form. */
function showParts() {
  document.querySelectorAll("form [data-when]").forEach((part) => {
    const [name, value] = (/** @type {HTMLElement} */ (part).dataset.when ?? "").split("=");
    const form = /** @type {HTMLFormElement} */ (part.closest("form"));
    const chosen = value.split("|").includes(String(new FormData(form).get(name)));
    /** @type {HTMLElement} */ (part).hidden = !chosen;
    part.querySelectorAll("input, textarea, select").forEach((input) => {
      /** @type {HTMLInputElement} */ (input).required = chosen;
      /** @type {HTMLInputElement} */ (input).disabled = !chosen;
    });
  });
}
document.addEventListener("change", showParts);
showParts();
resume();
