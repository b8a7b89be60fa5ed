/**
 * A QR code on a canvas. Decided here: error correction and the quiet zone.
 */
import qrcode from "qrcode-generator";

/** @param {HTMLCanvasElement} canvas @param {string} text */
export function drawCode(canvas, text) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const [count, cell, quiet] = [code.getModuleCount(), 6, 4];
  canvas.width = canvas.height = (count + 2 * quiet) * cell;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) pen.fillRect((column + quiet) * cell, (row + quiet) * cell, cell, cell);
    }
  }
}
