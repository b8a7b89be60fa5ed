"""Whether a page can be used without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST = 200
"""Stops of one page; more is a trap."""
STOPS = """() => {
  const usable = "a[href], button, input, select, textarea, summary, [tabindex]";
  const seen = new Set();
  window.stops = [...document.querySelectorAll(usable)].filter((one) => {
    const shown = one.checkVisibility({ visibilityProperty: true });
    if (one.disabled || one.tabIndex < 0 || !shown) return false;
    if (one.type !== "radio") return true;
    const group = [...document.querySelectorAll(`input[type=radio][name="${one.name}"]`)]
      .filter((other) => other.form === one.form);
    const stop = group.find((other) => other.checked) ?? group[0];
    return one === stop && !seen.has(one) && seen.add(one);
  });
  return window.stops.map((one) => one.outerHTML.slice(0, 90));
}"""
AT = "() => window.stops.indexOf(document.activeElement)"


def check_tabs(page: Page) -> None:
    """Assert that Tab comes by everything that can be used, in the order of the page, and round."""
    stops = page.evaluate(STOPS)
    came: list[int] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        at = page.evaluate(AT)
        if came and at == came[0]:
            break
        if at >= 0:
            came.append(at)
    first = came.index(min(came))
    came = came[first:] + came[:first]
    assert came == sorted(came), f"{page.url}: Tab jumps {[stops[at] for at in came]}"
    missed = [stop for at, stop in enumerate(stops) if at not in came]
    assert missed == [], f"{page.url}: Tab never comes to {missed}"
