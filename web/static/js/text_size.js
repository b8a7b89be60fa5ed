/* Classic script, loaded before the first paint: the text size of this seat. */
(function () {
  const KEY = "bideval.text";
  const root = document.documentElement;
  const set = (size) => {
    root.dataset.text = size;
    document.querySelectorAll("[data-size]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.size === size));
    });
  };
  let kept = "medium";
  try { kept = localStorage.getItem(KEY) || "medium"; } catch { /* a seat without storage keeps the middle size */ }
  root.dataset.text = kept;
  document.addEventListener("DOMContentLoaded", () => {
    set(kept);
    document.querySelectorAll("[data-size]").forEach((button) => {
      button.addEventListener("click", () => {
        set(button.dataset.size);
        try { localStorage.setItem(KEY, button.dataset.size); } catch { /* as above */ }
      });
    });
  });
})();
