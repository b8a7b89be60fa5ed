// Resolves bare names as the pages do, by the import map of the vendored files, and takes every static file as a module.
import { readFileSync } from "node:fs";

const ROOT = new URL("../../web", import.meta.url);
const { imports } = JSON.parse(readFileSync(new URL("web/static/vendor/importmap.json", new URL("../../", import.meta.url)), "utf8"));

export async function resolve(specifier, context, next) {
  const mapped = imports[specifier];
  return mapped ? { url: `${ROOT}${mapped}`, shortCircuit: true } : next(specifier, context);
}

export async function load(url, context, next) {
  return next(url, url.startsWith(`${ROOT}/static/`) ? { ...context, format: "module" } : context);
}
