/**
 * One bid's files on screen: page n of m, zoom, jump, search, and who is looking printed over it.
 * Decided here: what is fetched (only the pages looked at) and what is drawn. No download, no print.
 */
import * as pdfjs from "pdfjs-dist";
import { say } from "./words.js";

pdfjs.GlobalWorkerOptions.workerSrc = import.meta.resolve("pdfjs-dist/worker");
const ASSETS = import.meta.resolve("pdfjs-dist/worker").replace(/legacy\/build\/[^/]*$/, "");
const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3];
const RANGE = 262_144;

export class PdfView extends HTMLElement {
  /** @type {Map<string, {page: number, zoom: number}>} */ places = new Map();
  /** @type {any} */ file = null;
  url = "";
  page = 1;
  zoom = 0;
  turn = 0;
  /** @type {{name: string, url: string, type: string}[]} */ files = [];

  connectedCallback() {
    this.paper = /** @type {HTMLElement} */ (this.querySelector(".pdf-paper"));
    this.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-pdf]");
      if (button instanceof HTMLElement) this.act(button.dataset.pdf ?? "");
    });
    this.field(".pdf-page").addEventListener("change", (event) => this.go(Number(/** @type {any} */ (event.target).value)));
    this.field(".pdf-find").addEventListener("keydown", (event) => {
      if (/** @type {KeyboardEvent} */ (event).key === "Enter" && !(/** @type {KeyboardEvent} */ (event).isComposing)) void this.find();
    });
    this.querySelector("select")?.addEventListener("change", (event) => void this.open(/** @type {any} */ (event.target).value));
    new ResizeObserver(() => this.zoom === 0 && this.file && void this.draw()).observe(this.paper);
  }

  /** @param {string} selector @returns {HTMLInputElement} */
  field(selector) {
    return /** @type {HTMLInputElement} */ (this.querySelector(selector));
  }

  /** @param {{name: string, url: string, type: string}[]} files of the bid now looked at */
  show(files) {
    this.files = files;
    const select = /** @type {HTMLSelectElement} */ (this.querySelector("select"));
    select.replaceChildren(...files.map((file) => new Option(file.name, file.url)));
    select.hidden = files.length < 2;
    if (files.length > 0) return this.open(files[0].url);
    this.file = null;
    this.say(say("pdf_none"));
    return Promise.resolve();
  }

  /** @param {string} url */
  async open(url) {
    if (url === this.url) return;
    this.places.set(this.url, { page: this.page, zoom: this.zoom });
    this.url = url;
    this.say(say("pdf_loading"));
    const other = this.files.find((each) => each.url === url && each.type !== "application/pdf");
    if (other) return this.showOther(other);
    try {
      const file = await pdfjs.getDocument({
        url, disableAutoFetch: true, disableStream: true, rangeChunkSize: RANGE, isEvalSupported: false, enableXfa: false,
        cMapUrl: `${ASSETS}cmaps/`, cMapPacked: true, standardFontDataUrl: `${ASSETS}standard_fonts/`,
        wasmUrl: `${ASSETS}wasm/`, iccUrl: `${ASSETS}iccs/`,
      }).promise;
      if (url !== this.url) return;
      void this.file?.loadingTask.destroy();
      this.file = file;
      ({ page: this.page, zoom: this.zoom } = this.places.get(url) ?? { page: 1, zoom: 0 });
      await this.draw();
    } catch {
      if (url === this.url) this.say(say("pdf_failed"));
    }
  }

  /** An attachment that is no PDF: a picture or plain text is shown, anything else is named. @param {{name: string, url: string, type: string}} other */
  async showOther({ name, url, type }) {
    void this.file?.loadingTask.destroy();
    this.file = null;
    const sheet = await attachment(url, type).catch(() => null);
    if (url !== this.url) return;
    if (sheet === null) return this.say(say("pdf_not_shown", { name }));
    sheet.append(watermark(this.dataset.watermark ?? ""));
    this.paper.replaceChildren(sheet);
  }

  /** @param {string} what */
  act(what) {
    if (what === "back") this.go(this.page - 1);
    if (what === "next") this.go(this.page + 1);
    if (what === "fit") this.setZoom(0);
    if (what === "in") this.setZoom(ZOOMS.find((zoom) => zoom > this.scale + 0.01) ?? 3);
    if (what === "out") this.setZoom([...ZOOMS].reverse().find((zoom) => zoom < this.scale - 0.01) ?? 0.5);
  }

  /** @param {number} zoom 0 fits the width */
  setZoom(zoom) {
    this.zoom = zoom;
    void this.draw();
  }

  /** @param {number} page */
  go(page) {
    if (!this.file || !Number.isInteger(page)) return;
    this.page = Math.min(Math.max(page, 1), this.file.numPages);
    this.paper.scrollTop = 0;
    void this.draw();
  }

  /** @param {string} [query] words to mark on the page */
  async draw(query = "") {
    if (!this.file) return;
    const turn = ++this.turn;
    const page = await this.file.getPage(this.page);
    if (turn !== this.turn) return;
    const width = page.getViewport({ scale: 1 }).width;
    this.scale = this.zoom || Math.max((this.paper.clientWidth - 28) / width, 0.3);
    const viewport = page.getViewport({ scale: this.scale });
    const sheet = await this.sheet(page, viewport);
    if (turn !== this.turn) return;
    if (query) sheet.append(...(await hits(page, viewport, query)));
    sheet.append(watermark(this.dataset.watermark ?? ""));
    this.paper.replaceChildren(sheet);
    this.tell();
  }

  /** @param {any} page @param {any} viewport */
  async sheet(page, viewport) {
    const sharp = Math.min(devicePixelRatio || 1, 2);
    const canvas = document.createElement("canvas");
    canvas.width = Math.floor(viewport.width * sharp);
    canvas.height = Math.floor(viewport.height * sharp);
    canvas.style.width = `${Math.floor(viewport.width)}px`;
    canvas.style.height = `${Math.floor(viewport.height)}px`;
    const transform = sharp === 1 ? undefined : [sharp, 0, 0, sharp, 0, 0];
    await page.render({ canvas, viewport, transform }).promise;
    const sheet = document.createElement("div");
    sheet.className = "pdf-sheet";
    sheet.append(canvas);
    return sheet;
  }

  tell() {
    this.field(".pdf-page").value = String(this.page);
    this.field(".pdf-page").max = String(this.file.numPages);
    /** @type {HTMLElement} */ (this.querySelector(".pdf-pages")).textContent = `/ ${this.file.numPages}`;
    this.dispatchEvent(new CustomEvent("page", { detail: { page: this.page, url: this.url } }));
  }

  /** The next page, after this one and round the end, that has the words. */
  async find() {
    const query = this.field(".pdf-find").value.trim();
    if (!query || !this.file) return;
    for (let step = 1; step <= this.file.numPages; step += 1) {
      const at = ((this.page - 1 + step) % this.file.numPages) + 1;
      this.note(say("pdf_searching", { page: at, pages: this.file.numPages }));
      const text = await (await this.file.getPage(at)).getTextContent();
      if (squeeze(text.items.map((/** @type {any} */ item) => item.str ?? "").join("")).includes(squeeze(query))) {
        this.page = at;
        this.note(say("pdf_found", { page: at }));
        return this.draw(query);
      }
    }
    this.note(say("pdf_not_found"));
  }

  focusPaper() {
    this.paper.focus();
  }

  /** @param {string} text */
  note(text) {
    /** @type {HTMLElement} */ (this.querySelector(".pdf-say")).textContent = text;
  }

  /** @param {string} text */
  say(text) {
    const note = document.createElement("p");
    note.className = "pdf-empty";
    note.textContent = text;
    this.paper.replaceChildren(note);
  }
}

/** @param {string} url @param {string} type @returns {Promise<HTMLElement|null>} nothing for what is never shown */
async function attachment(url, type) {
  const picture = type === "image/png" || type === "image/jpeg";
  if (!picture && type !== "text/plain") return null;
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) return null;
  const sheet = document.createElement("div");
  sheet.className = "pdf-sheet is-attachment";
  const shown = document.createElement(picture ? "img" : "pre");
  if (shown instanceof HTMLImageElement) Object.assign(shown, { alt: "", draggable: false, src: URL.createObjectURL(await response.blob()) });
  else shown.textContent = await response.text();
  sheet.append(shown);
  return sheet;
}

/** @param {string} text */
const squeeze = (text) => text.replaceAll(/\s+/g, "").toLowerCase();

/** Boxes over the pieces of text that hold the words. @param {any} page @param {any} viewport @param {string} query */
async function hits(page, viewport, query) {
  const { items } = await page.getTextContent();
  return items
    .filter((/** @type {any} */ item) => squeeze(item.str ?? "").includes(squeeze(query)))
    .map((/** @type {any} */ item) => {
      const [x, y] = viewport.convertToViewportPoint(item.transform[4], item.transform[5]);
      const box = document.createElement("span");
      box.className = "pdf-hit";
      const height = item.height * viewport.scale;
      Object.assign(box.style, {
        left: `${x}px`, top: `${y - height}px`, width: `${item.width * viewport.scale}px`, height: `${height * 1.2}px`,
      });
      return box;
    });
}

/** Seat and session over the page, so that a photograph says whose screen it was. @param {string} text */
function watermark(text) {
  const NS = "http://www.w3.org/2000/svg";
  const box = document.createElement("div");
  box.className = "pdf-mark";
  box.setAttribute("aria-hidden", "true");
  const drawing = document.createElementNS(NS, "svg");
  for (let row = 0; row < 14; row += 1) {
    for (let column = 0; column < 4; column += 1) {
      const words = document.createElementNS(NS, "text");
      const [x, y] = [column * 330 + (row % 2) * 120 + 20, row * 170 + 110];
      words.setAttribute("transform", `translate(${x} ${y}) rotate(-20)`);
      words.textContent = text;
      drawing.append(words);
    }
  }
  box.append(drawing);
  return box;
}
customElements.define("pdf-view", PdfView);
