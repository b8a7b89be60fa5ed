// docs/spec/keys.md section 1: base64url, length prefixes, tagged hashes, strict and canonical JSON.
import { createHash } from "node:crypto";
import { must } from "./verdict.mjs";

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
export const hex = (data) => Buffer.from(data).toString("hex");
export const DIGEST = /^[0-9a-f]{64}$/;

export function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function tagged(tag, ...parts) {
  const all = [tag, ...parts].map((part) => Buffer.from(part));
  return sha256(...all.flatMap((part) => [uint32(part.length), part]));
}

export function unb64u(text, what) {
  must(typeof text === "string" && /^[A-Za-z0-9_-]*$/.test(text), `${what} is not base64url`);
  const data = Buffer.from(text, "base64url");
  must(data.toString("base64url") === text, `${what} is not canonical base64url`);
  return data;
}

export function unb64(text, what) {
  const data = Buffer.from(text, "base64");
  must(data.toString("base64") === text, `${what} is not canonical base64`);
  return data;
}

export function utf8(data, what) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return must(false, `${what} is not UTF-8`);
  }
}

// Strict JSON: no key twice, no numbers with point or exponent, integers below 2^53, 32 levels.
export function strictJson(data, what) {
  const text = utf8(data, what);
  let at = 0;
  const bad = (reason) => must(false, `${what}: ${reason}`);
  const space = () => { while (" \t\n\r".includes(text[at]) && at < text.length) at += 1; };
  const take = (token) => { if (!text.startsWith(token, at)) bad(`wants ${token}`); at += token.length; };
  function string() {
    const start = at;
    take('"');
    while (text[at] !== '"') {
      if (at >= text.length || text[at] < " ") bad("a string does not end");
      at += text[at] === "\\" ? 2 : 1;
    }
    at += 1;
    let value;
    try { value = JSON.parse(text.slice(start, at)); } catch { bad("not a string"); }
    if (!value.isWellFormed()) bad("a lone surrogate");
    return value;
  }
  function number() {
    const found = /^-?(0|[1-9][0-9]*)/.exec(text.slice(at, at + 20));
    if (!found) bad("not a value");
    at += found[0].length;
    if (/[.eE0-9]/.test(text[at] ?? "")) bad("a number with point or exponent");
    const value = Number(found[0]);
    if (!Number.isSafeInteger(value)) bad("an integer too large");
    return value;
  }
  function list(level) {
    const items = [];
    take("[");
    space();
    while (text[at] !== "]") {
      if (items.length) take(",");
      items.push(value(level));
      space();
    }
    at += 1;
    return items;
  }
  function object(level) {
    const members = new Map();
    take("{");
    space();
    while (text[at] !== "}") {
      if (members.size) take(",");
      space();
      const key = string();
      if (members.has(key)) bad(`${key} twice`);
      space();
      take(":");
      members.set(key, value(level));
      space();
    }
    at += 1;
    return Object.fromEntries(members);
  }
  function value(level) {
    space();
    if (level > 32) bad("too deep");
    if (text[at] === "{") return object(level + 1);
    if (text[at] === "[") return list(level + 1);
    if (text[at] === '"') return string();
    for (const [word, meant] of [["true", true], ["false", false], ["null", null]]) {
      if (text.startsWith(word, at)) { at += word.length; return meant; }
    }
    return number();
  }
  const found = value(0);
  space();
  if (at !== text.length) bad("goes on after its end");
  return found;
}

export function codePoints(left, right) {
  const [a, b] = [Array.from(left, (one) => one.codePointAt(0)), Array.from(right, (one) => one.codePointAt(0))];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) if (a[at] !== b[at]) return a[at] - b[at];
  return a.length - b.length;
}

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort(codePoints);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

export function exactly(value, names, what) {
  must(value !== null && typeof value === "object" && !Array.isArray(value), `${what} is no object`);
  must(Object.keys(value).sort().join() === [...names].sort().join(), `${what} has other members`);
}
