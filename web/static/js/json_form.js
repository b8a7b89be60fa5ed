/**
 * A form for the venue's own administration, sent as JSON or as one file: `<form class="json-form" action="…">`.
 * Nothing here is signed: these acts are not part of a record by themselves.
 */
import { bodyOf, busy, status } from "./forms.js";
import { send } from "./post.js";
import { say } from "./words.js";

/** @param {HTMLFormElement} form */
async function deliver(form) {
  const file = /** @type {HTMLInputElement|null} */ (form.querySelector('input[type="file"]'))?.files?.[0];
  if (file) return send(form.action, { method: "POST", body: new FormData(form) });
  const body = JSON.stringify(bodyOf(form));
  return send(form.action, { method: "POST", headers: { "content-type": "application/json" }, body });
}

/**
 * Tell below the form which cells of an uploaded table are wrong: row, column, what to do.
 * @param {HTMLFormElement} form @param {{row: number, column: string, message: string}[]} rows
 */
function faults(form, rows) {
  const list = form.querySelector("[data-faults]");
  if (!(list instanceof HTMLElement)) return;
  list.replaceChildren(
    ...rows.map((fault) => {
      const item = document.createElement("li");
      item.value = fault.row;
      item.textContent = [fault.column === "*" ? "" : fault.column, fault.message].filter(Boolean).join(" · ");
      return item;
    }),
  );
  list.hidden = rows.length === 0;
}

/** @param {HTMLFormElement} form */
async function submit(form) {
  faults(form, []);
  await busy(form, async () => {
    const answer = await deliver(form).catch((error) => {
      faults(form, error.rows ?? []);
      throw error;
    });
    status(form, say("done"), "ok");
    const show = form.querySelector("[data-show]");
    if (show instanceof HTMLElement) {
      show.textContent = answer[show.dataset.show ?? ""] ?? "";
      /** @type {HTMLElement} */ (show.closest("[hidden]") ?? show).hidden = false;
    } else if (form.dataset.then) {
      location.assign(form.dataset.then.replaceAll(/\{(\w+)\}/g, (_, key) => encodeURIComponent(answer[key] ?? bodyOf(form)[key])));
    } else {
      document.dispatchEvent(new CustomEvent("live:head", { detail: {} }));
    }
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.classList.contains("json-form")) return;
  event.preventDefault();
  void submit(form);
});
