/**
 * A file of a bid beside the page that names it: `<a data-read="media type" href="…">` opens it in the page's viewer.
 * Decided here: nothing is opened in a window of its own, where a browser would offer to save and print it.
 */
import "./pdf_view.js";

document.addEventListener("click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest("a[data-read]");
  const reader = document.getElementById("reader");
  if (!(link instanceof HTMLAnchorElement) || !reader) return;
  event.preventDefault();
  reader.hidden = false;
  /** @type {HTMLElement} */ (reader.querySelector("h2")).textContent = link.dataset.title ?? link.textContent ?? "";
  const viewer = /** @type {import("./pdf_view.js").PdfView} */ (reader.querySelector("pdf-view"));
  const file = { name: link.textContent ?? "", url: link.getAttribute("href") ?? "", type: link.dataset.read ?? "" };
  void viewer.show([file]).then(() => viewer.focusPaper());
});

document.querySelector("#reader [data-close]")?.addEventListener("click", () => {
  const reader = document.getElementById("reader");
  if (reader) reader.hidden = true;
});
