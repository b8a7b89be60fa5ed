/**
 * Receipts as QR codes. Decided here: which canvases get one.
 */
import { drawCode } from "./qr.js";

for (const canvas of document.querySelectorAll("canvas[data-code]")) {
  drawCode(/** @type {HTMLCanvasElement} */ (canvas), /** @type {HTMLElement} */ (canvas).dataset.code ?? "");
}
