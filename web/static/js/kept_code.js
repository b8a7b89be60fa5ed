/**
 * Receipts as QR codes. Decided here: which canvases get one, and that they get it again with every fresh part of the page.
 */
import { drawCode } from "./qr.js";

function drawAll() {
  for (const canvas of document.querySelectorAll("canvas[data-code]")) {
    drawCode(/** @type {HTMLCanvasElement} */ (canvas), /** @type {HTMLElement} */ (canvas).dataset.code ?? "");
  }
}

document.addEventListener("live:context", drawAll);
drawAll();
