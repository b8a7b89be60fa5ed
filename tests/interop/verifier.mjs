// A second verifier, written from docs/spec alone: Node's own modules, nothing of bideval.
//
//   node verifier.mjs BUNDLE [RECEIPT...]     facts as JSON and exit 0, or "step: reason" and exit 1
//
// Steps: container, signatures, fold (keys, places, numbers), tree, cosignatures, draw, receipts.
// It does not evaluate marks and does not open bids.
import { createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, verify } from "node:crypto";
import { readFileSync } from "node:fs";

class Refused extends Error {}

let step = "container";
function must(holds, reason) {
  if (!holds) throw new Refused(`${step}: ${reason}`);
}

// --- keys.md section 1: notation ---------------------------------------------------------------------

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const hex = (data) => Buffer.from(data).toString("hex");
const DIGEST = /^[0-9a-f]{64}$/;

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function tagged(tag, ...parts) {
  const all = [tag, ...parts].map((part) => Buffer.from(part));
  return sha256(...all.flatMap((part) => [uint32(part.length), part]));
}

function unb64u(text, what) {
  must(typeof text === "string" && /^[A-Za-z0-9_-]*$/.test(text), `${what} is not base64url`);
  const data = Buffer.from(text, "base64url");
  must(data.toString("base64url") === text, `${what} is not canonical base64url`);
  return data;
}

function unb64(text, what) {
  const data = Buffer.from(text, "base64");
  must(data.toString("base64") === text, `${what} is not canonical base64`);
  return data;
}

function utf8(data, what) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return must(false, `${what} is not UTF-8`);
  }
}

// Strict JSON: no key twice, no numbers with point or exponent, integers below 2^53, 32 levels.
function strictJson(data, what) {
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

function codePoints(left, right) {
  const [a, b] = [Array.from(left, (one) => one.codePointAt(0)), Array.from(right, (one) => one.codePointAt(0))];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) if (a[at] !== b[at]) return a[at] - b[at];
  return a.length - b.length;
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort(codePoints);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

function exactly(value, names, what) {
  must(value !== null && typeof value === "object" && !Array.isArray(value), `${what} is no object`);
  must(Object.keys(value).sort().join() === [...names].sort().join(), `${what} has other members`);
}

// --- keys.md section 2: suites -----------------------------------------------------------------------

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (value) => ((value % P) + P) % P;

function power(base, exponent) {
  let [result, square] = [1n, mod(base)];
  for (let rest = exponent; rest; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));

function little(data) {
  return BigInt(`0x${Buffer.from(data).reverse().toString("hex") || "0"}`);
}

function pointOf(raw) {
  const sign = BigInt(raw[31] >> 7);
  const y = little(raw) & (2n ** 255n - 1n);
  if (y >= P) return null;
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square)) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(x * x - square) || (x === 0n && sign)) return null;
  return { x: (x & 1n) === sign ? x : P - x, y };
}

function add([x1, y1, z1], [x2, y2, z2]) {
  const a = mod(z1 * z2);
  const [b, c, d] = [mod(a * a), mod(x1 * x2), mod(y1 * y2)];
  const e = mod(D * c * d);
  const cross = mod((x1 + y1) * (x2 + y2) - c - d);
  return [mod(a * (b - e) * cross), mod(a * (b + e) * (d + c)), mod((b - e) * (b + e))];
}

function isNeutral(point, scalar) {
  let [total, step_] = [[0n, 1n, 1n], [point.x, point.y, 1n]];
  for (let rest = scalar; rest; rest >>= 1n) {
    if (rest & 1n) total = add(total, step_);
    step_ = add(step_, step_);
  }
  return mod(total[0]) === 0n && mod(total[1] - total[2]) === 0n;
}

const SIZES = { Ed25519: 32, ES256: 65 };

function enrolled(suite, raw, what) {
  must(Object.hasOwn(SIZES, suite), `${what} has an unknown suite`);
  must(raw.length === SIZES[suite], `${what} has another length`);
  const kid = tagged("bideval/key/v1", suite, raw).subarray(0, 16).toString("base64url");
  if (suite === "Ed25519") {
    const point = pointOf(raw);
    must(point && !isNeutral(point, 8n) && isNeutral(point, L), `${what} is a weak or malformed key`);
    const jwk = { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") };
    return { suite, raw, kid, key: createPublicKey({ key: jwk, format: "jwk" }) };
  }
  must(raw[0] === 4, `${what} is a compressed key`);
  const [x, y] = [raw.subarray(1, 33), raw.subarray(33)].map((one) => one.toString("base64url"));
  try {
    return { suite, raw, kid, key: createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" }) };
  } catch {
    return must(false, `${what} is no point`);
  }
}

function signs(known, data, signature) {
  if (signature.length !== 64) return false;
  if (known.suite === "ES256") return verify("sha256", data, { key: known.key, dsaEncoding: "ieee-p1363" }, signature);
  const first = pointOf(signature.subarray(0, 32));
  if (first === null || isNeutral(first, 8n) || little(signature.subarray(32)) >= L) return false;
  return verify(null, data, known.key, signature);
}

// --- keys.md section 4: compact JWS ------------------------------------------------------------------

function jws(text, typ, limit = 65_000) {
  must(text.length <= limit, "a JWS is too long");
  const parts = text.split(".");
  must(parts.length === 3 && parts[0].length <= 512, "a JWS has three parts");
  const [head, payload, signature] = parts.map((part, at) => unb64u(part, `part ${at} of a JWS`));
  const header = strictJson(head, "header");
  exactly(header, ["alg", "kid", "typ"], "header");
  must(Object.values(header).every((one) => typeof one === "string"), "the header has strings");
  must(canonical(header) === head.toString(), "the header is not canonical");
  must(header.typ === typ, `typ is not ${typ}`);
  return { header, payload, signature, signed: Buffer.from(`${parts[0]}.${parts[1]}`) };
}

function check(found, known) {
  must(found.header.alg === known.suite, "alg is not the enrolled key's");
  must(found.header.kid === known.kid, "kid is not the enrolled key's");
  must(signs(known, found.signed, found.signature), "the signature does not verify");
}

// --- bundle.md section 1: container ------------------------------------------------------------------

function container(data) {
  step = "container";
  const magic = "bideval-bundle/1\n";
  must(data.subarray(0, magic.length).toString("latin1") === magic, "not a bundle");
  let at = magic.length;
  const sections = [];
  for (;;) {
    const stop = data.indexOf(10, at);
    must(stop >= 0 && stop - at < 200, "no section line");
    const line = data.subarray(at, stop).toString("latin1");
    const end = /^end ([0-9a-f]{64})$/.exec(line);
    if (end) {
      must(hex(sha256(data.subarray(0, at))) === end[1], "the end has another digest");
      must(stop + 1 === data.length, "something follows the end");
      return sections;
    }
    const found = /^([a-z]+(?:\/[0-9a-f]{64})?) (0|[1-9][0-9]{0,12}) ([0-9a-f]{64})$/.exec(line);
    must(found, "a malformed section line");
    const from = stop + 1;
    const to = from + Number(found[2]);
    must(to < data.length && data[to] === 10, `${found[1]} has another length`);
    const content = data.subarray(from, to);
    must(hex(sha256(content)) === found[3], `${found[1]} has another digest`);
    sections.push({ name: found[1], content });
    at = to + 1;
  }
}

function unpack(data) {
  const sections = container(data);
  must(sections.slice(0, 3).map((one) => one.name).join() === "manifest,record,checkpoint", "the first three sections");
  const files = new Map();
  for (const { name, content } of sections.slice(3)) {
    must(/^file\/[0-9a-f]{64}$/.test(name), `${name} is no file`);
    must(![...files.keys()].some((one) => one >= name.slice(5)), "files rise by digest");
    must(hex(sha256(content)) === name.slice(5), `${name} has another digest`);
    files.set(name.slice(5), content);
  }
  const manifest = strictJson(sections[0].content, "manifest");
  exactly(manifest, ["absent", "exported_by", "files", "format", "made_at", "main", "root", "session", "size"], "manifest");
  must(canonical(manifest) === sections[0].content.toString(), "the manifest has one spelling");
  must(manifest.format === "bideval-bundle/1", "the manifest has another format");
  const listed = [...files].map(([sha, content]) => ({ sha256: sha, size: content.length }));
  must(canonical(manifest.files) === canonical(listed), "the manifest lists other files");
  return { manifest, files, lines: split(sections[1].content), note: sections[2].content };
}

function split(content) {
  const lines = [];
  for (let at = 0; at < content.length;) {
    must(at + 2 <= content.length, "the record is cut");
    const size = content.readUInt16BE(at);
    must(at + 2 + size <= content.length, "the record is cut");
    lines.push(content.subarray(at + 2, at + 2 + size));
    at += 2 + size;
  }
  return lines;
}

// --- entry.md, line-and-record.md, bodies.md: who said what, in which order ----------------------------

const VENUE = /^[a-z][a-z0-9-]{1,30}$/;
const KIND = /^[a-z]{1,20}\.[a-z_]{1,30}$/;
const MEMBERS = ["session", "author", "kind", "id", "at", "seen", "body"];
const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(Z|[+-][0-9]{2}:[0-9]{2})$/;

function readLine(bytes) {
  const text = bytes.toString("latin1");
  const found = /^([a-z][a-z0-9-]{1,30}) ([1-9][0-9]{0,15}) ([A-Za-z0-9_.-]+)$/.exec(text);
  must(found, "a line is malformed");
  const statement = jws(found[3], "bideval-entry/1");
  const entry = strictJson(statement.payload, "payload");
  exactly(entry, MEMBERS, "payload");
  exactly(entry.seen, ["size", "root"], "seen");
  must(typeof entry.kind === "string" && KIND.test(entry.kind), "kind is malformed");
  must(unb64u(entry.id, "id").length === 16, "id has another length");
  must(typeof entry.at === "string" && INSTANT.test(entry.at), "at is no instant");
  must(DIGEST.test(entry.seen.root) && entry.seen.size >= 0, "seen is malformed");
  must(entry.body !== null && typeof entry.body === "object" && !Array.isArray(entry.body), "body is no object");
  return { bytes, origin: found[1], n: Number(found[2]), statement, entry, hash: hex(sha256(found[3])) };
}

class Fold {
  constructor(session) {
    Object.assign(this, { session, venues: new Map(), owners: new Map(), present: new Map(), closed: new Set(), refused: new Map() });
    Object.assign(this, { heads: new Map(), places: new Map(), said: new Set(), joined: new Set(), absent: new Set(), entries: [] });
  }

  take(bytes, position) {
    step = "signatures";
    const line = readLine(bytes);
    const { entry, statement } = line;
    if (position === 0) this.found(line);
    const owner = this.owners.get(statement.header.kid) ?? this.refused.get(statement.header.kid);
    must(owner, `line ${position}: no such key is enrolled`);
    must(owner.actor === entry.author, `line ${position}: the key speaks for somebody else`);
    check(statement, owner.known);
    step = "fold";
    must(entry.session === this.session, `line ${position} is of another session`);
    must(owner.origin === line.origin, `line ${position}: the key belongs to another venue`);
    const repeated = this.place(line, position);
    const open = this.owners.has(statement.header.kid) && !this.closed.has(statement.header.kid);
    if (repeated || !open) return; // void: repeated, key_closed
    this.learn(line);
    this.entries.push(line);
  }

  found({ entry, origin, n }) {
    must(entry.kind === "session.founded", "the first entry founds the session");
    for (const venue of entry.body.venues) {
      const known = enrolled(venue.suite, unb64u(venue.public, "public"), `the key of ${venue.id}`);
      must(VENUE.test(venue.id) && !this.venues.has(venue.id), "a venue is named twice");
      must(!this.owners.has(known.kid), "a key is named twice");
      this.venues.set(venue.id, known);
      this.owners.set(known.kid, { actor: `venue/${venue.id}`, origin: venue.id, known });
    }
    this.main = entry.body.main;
    must(this.venues.has(this.main) && origin === this.main && n === 1, "main founds the session");
    must(entry.author === `venue/${this.main}`, "main founds the session");
  }

  place({ bytes, origin, n, entry, hash }, position) {
    const head = this.heads.get(origin) ?? { n: 0, chain: tagged("bideval/chain/v1", this.session, origin) };
    must(n === head.n + 1, `line ${position} has another number than ${head.n + 1}`);
    this.heads.set(origin, { n, chain: tagged("bideval/chain/v1", head.chain, bytes) });
    this.places.set(hash, { origin, chain: this.heads.get(origin).chain });
    const name = `${entry.author} ${entry.id}`;
    const repeated = this.said.has(name);
    must(!repeated || entry.author !== `venue/${this.main}`, `line ${position}: an entry of main is void`);
    this.said.add(name);
    return repeated;
  }

  learn({ entry, origin }) {
    const { kind, body } = entry;
    if (kind === "venue.joined") this.joined.add(origin);
    if (kind === "venue.absent") this.absent.add(body.venue);
    if (kind === "venue.returned") this.absent.delete(body.venue);
    if (kind === "person.enrolled" && entry.author === `venue/${origin}`) this.enrol(body, origin);
  }

  enrol(body, origin) {
    const known = enrolled(body.suite, unb64u(body.public, "public"), `the key of ${body.person}`);
    if (this.owners.has(known.kid)) return; // void: key_known
    const before = this.present.get(body.person);
    const proof = jws(body.proof, "bideval-proof/1");
    check(proof, known);
    const said = strictJson(proof.payload, "proof");
    exactly(said, ["session", "venue", "person", "role", "recipient"], "proof");
    const meant = { session: this.session, venue: origin, person: body.person, role: body.role, recipient: body.recipient ?? null };
    must(canonical(said) === canonical(meant), "a proof of possession is about something else");
    if (before && body.replaces !== before) {
      this.refused.set(known.kid, { actor: body.person, origin, known }); // void: person_known, key_unknown
      return;
    }
    if (before) this.closed.add(before);
    this.present.set(body.person, known.kid);
    this.owners.set(known.kid, { actor: body.person, origin, known });
  }

  of(kind) {
    return this.entries.filter((line) => line.entry.kind === kind).map((line) => line.entry);
  }
}

// --- line-and-record.md section 3, checkpoint.md ------------------------------------------------------

const leafHash = (line) => sha256(Buffer.of(0), line);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

function treeRoot(leaves) {
  if (!leaves.length) return sha256("");
  if (leaves.length === 1) return leaves[0];
  let half = 1;
  while (2 * half < leaves.length) half *= 2;
  return nodeHash(treeRoot(leaves.slice(0, half)), treeRoot(leaves.slice(half)));
}

function readNote(data, session) {
  const text = utf8(data, "checkpoint");
  must(text.length <= 65_536 && !/[\x00-\x09\x0b-\x1f]/.test(text), "the note has control characters");
  const blank = text.lastIndexOf("\n\n");
  must(blank >= 0 && text.endsWith("\n"), "the note has no signatures");
  const body = text.slice(0, blank + 1);
  const signatures = text.slice(blank + 2, -1).split("\n").map((line) => {
    const found = /^\u2014 ([^\s+]+) (\S+)$/.exec(line);
    must(found, "a signature line is malformed");
    const bytes = unb64(found[2], "signature");
    must(bytes.length > 4, "a signature line is too short");
    return { name: found[1], id: hex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
  });
  const lines = body.slice(0, -1).split("\n");
  must(signatures.length <= 64 && lines.length === 3, "the checkpoint has three lines");
  must(lines[0] === `bideval/session/${session}`, "the checkpoint is of another session");
  must(/^(0|[1-9][0-9]{0,15})$/.test(lines[1]), "the checkpoint has no size");
  const root = unb64(lines[2], "root");
  must(root.length === 32, "the checkpoint has no root");
  return { body, signatures, size: Number(lines[1]), root };
}

const mainKey = (fold) => [{ name: `bideval/session/${fold.session}`, type: 1, known: fold.venues.get(fold.main), venue: null }];
const venueKeys = (fold) => [...fold.venues].map(([venue, known]) => ({ name: `bideval/venue/${venue}`, type: 4, known, venue }));

function noteSigners(note, keys) {
  const signers = new Set();
  for (const { name, id, signature } of note.signatures) {
    for (const key of keys) {
      const own = hex(sha256(key.name, "\n", Buffer.of(key.type), key.known.raw).subarray(0, 4));
      if (key.name !== name || own !== id) continue;
      const stamp = key.type === 4 ? signature.subarray(0, 8) : Buffer.alloc(0);
      const time = stamp.length ? stamp.readBigUInt64BE() : 0n;
      const signed = key.type === 4 ? `cosignature/v1\ntime ${time}\n${note.body}` : note.body;
      const good = time < 2n ** 63n && signs(key.known, Buffer.from(signed), signature.subarray(stamp.length));
      must(good, `the signature of ${name} does not verify`);
      signers.add(key.venue);
    }
  }
  return signers;
}

function checkTree(bundle, fold) {
  step = "tree";
  const note = readNote(bundle.note, fold.session);
  must(noteSigners(note, mainKey(fold)).has(null), "main did not sign the checkpoint");
  const root = treeRoot(bundle.lines.map(leafHash));
  must(note.size === bundle.lines.length && bundle.manifest.size === note.size, "the sizes differ");
  must(root.equals(note.root) && hex(root) === bundle.manifest.root, "the roots differ");
  must(bundle.manifest.main === fold.main, "the manifest names another main");
  must(fold.venues.has(bundle.manifest.exported_by), "a stranger exported the bundle");
  step = "cosignatures";
  const signers = noteSigners(note, venueKeys(fold));
  const wanted = [...fold.joined].filter((venue) => venue !== fold.main);
  const missing = wanted.filter((venue) => !fold.absent.has(venue) && !signers.has(venue));
  must(missing.length === 0, `missing: ${missing.join()}`);
  const cosigned = wanted.filter((venue) => signers.has(venue)).sort();
  must(wanted.length === 0 || cosigned.length > 0, "no branch co-signed");
  return { root: hex(root), size: note.size, cosigned };
}

// --- seal.md, and the age format that it names (C2SP age v1, X25519) -----------------------------------

function times(left, right) {
  let total = 0;
  for (let bit = 0; bit < 8; bit += 1) if ((right >> bit) & 1) total ^= left << bit;
  for (let bit = 14; bit > 7; bit -= 1) if ((total >> bit) & 1) total ^= 0x11b << (bit - 8);
  return total;
}

function inverse(value) {
  for (let one = 1; one < 256; one += 1) if (times(one, value) === 1) return one;
  return 0;
}

function interpolate(shares) {
  const secret = Buffer.alloc(74);
  for (const share of shares) {
    let weight = 1;
    for (const other of shares) {
      if (other !== share) weight = times(weight, times(other[74], inverse(other[74] ^ share[74])));
    }
    for (let at = 0; at < 74; at += 1) secret[at] ^= times(share[at], weight);
  }
  return secret.toString("latin1");
}

const LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

function bech32(text, prefix) {
  const low = text.toLowerCase();
  const values = Array.from(low.slice(prefix.length + 1), (letter) => LETTERS.indexOf(letter));
  if (!low.startsWith(`${prefix}1`) || values.includes(-1)) return null;
  const codes = Array.from(prefix, (letter) => letter.charCodeAt(0));
  let sum = 1;
  for (const value of [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...values]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].forEach((part, bit) => {
      if ((top >> bit) & 1) sum ^= part;
    });
  }
  if (sum !== 1) return null;
  const bits = values.slice(0, -6).map((value) => value.toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.slice(0, 256).match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

const X25519_PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

function identityOf(text) {
  const scalar = /^AGE-SECRET-KEY-1[A-Z0-9]{58}$/.test(text) ? bech32(text, "age-secret-key-") : null;
  if (scalar === null || scalar.length !== 32) return null;
  const secret = createPrivateKey({ key: Buffer.concat([X25519_PKCS8, scalar]), format: "der", type: "pkcs8" });
  return { secret, own: Buffer.from(createPublicKey(secret).export({ format: "jwk" }).x, "base64url") };
}

function* choose(items, count, from = 0) {
  if (count === 0) yield [];
  for (let at = from; at <= items.length - count; at += 1) {
    for (const rest of choose(items, count - 1, at + 1)) yield count ? [items[at], ...rest] : [];
    if (count === 0) return;
  }
}

function openSeal(seal, released) {
  const shares = [];
  for (const { custodian, digest } of seal.shares) {
    const share = released.get(custodian);
    if (share && hex(sha256(share)) === digest && share.length === 75 && share[74]) shares.push(share);
  }
  must(shares.length >= seal.threshold, "too few shares");
  const wanted = bech32(seal.recipient, "age");
  let tried = 0;
  for (const some of choose(shares, seal.threshold)) {
    if ((tried += 1) > 150) break;
    if (new Set(some.map((share) => share[74])).size !== some.length) continue;
    const identity = identityOf(interpolate(some));
    if (identity?.own.equals(wanted)) return identity;
  }
  return must(false, "the shares do not rebuild the identity");
}

const raw64 = (text) => Buffer.from(text, "base64");

function opens(key, nonce, data) {
  const cipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  cipher.setAuthTag(data.subarray(-16));
  try {
    return Buffer.concat([cipher.update(data.subarray(0, -16)), cipher.final()]);
  } catch {
    return null;
  }
}

function ageDecrypt(identity, data) {
  const end = data.indexOf("\n---");
  const stop = data.indexOf(10, end + 1);
  must(end > 0 && stop > 0, "not an age file");
  const lines = data.subarray(0, end).toString("latin1").split("\n");
  must(lines[0] === "age-encryption.org/v1", "not an age file");
  for (const [at, line] of lines.entries()) {
    const stanza = /^-> X25519 (\S+)$/.exec(line);
    if (!stanza) continue;
    const share = raw64(stanza[1]);
    const jwk = { kty: "OKP", crv: "X25519", x: share.toString("base64url") };
    const shared = diffieHellman({ privateKey: identity.secret, publicKey: createPublicKey({ key: jwk, format: "jwk" }) });
    const wrap = Buffer.from(hkdfSync("sha256", shared, Buffer.concat([share, identity.own]), "age-encryption.org/v1/X25519", 32));
    const fileKey = opens(wrap, Buffer.alloc(12), raw64(lines[at + 1]));
    if (!fileKey) continue;
    const macKey = Buffer.from(hkdfSync("sha256", fileKey, "", "header", 32));
    const mac = createHmac("sha256", macKey).update(data.subarray(0, end + 4)).digest();
    must(mac.equals(raw64(data.subarray(end + 5, stop).toString("latin1"))), "the age header was changed");
    return payload(fileKey, data.subarray(stop + 1));
  }
  return must(false, "the age file is for somebody else");
}

function payload(fileKey, data) {
  const key = Buffer.from(hkdfSync("sha256", fileKey, data.subarray(0, 16), "payload", 32));
  const whole = [];
  for (let at = 16, number = 0; ; at += 65_552, number += 1) {
    const chunk = data.subarray(at, at + 65_552);
    const last = at + 65_552 >= data.length;
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(number, 7);
    nonce[11] = last ? 1 : 0;
    const plain = chunk.length < 16 ? null : opens(key, nonce, chunk);
    must(plain !== null, "the age file was changed");
    whole.push(plain);
    if (last) return Buffer.concat(whole);
  }
}

// --- draw.md -----------------------------------------------------------------------------------------

function readPool(data) {
  const lines = data.toString("latin1").split("\n");
  must(lines[0] === "bideval-pool/2" && lines.at(-1) === "", "the pool has another format");
  return lines.slice(1, -1).map((line) => {
    const [leaf, discipline, region, weight, status, ...more] = line.split("\t");
    must(DIGEST.test(leaf) && !more.length && /^[1-9][0-9]{0,2}$/.test(weight), "a row of the pool");
    return { line, leaf, discipline, region, weight: Number(weight), status };
  });
}

function ticket(seed, row) {
  const leaf = Buffer.from(row.leaf, "hex");
  const tickets = [createHmac("sha256", seed).update(leaf).digest("hex")];
  for (let ball = 1; ball < row.weight; ball += 1) {
    tickets.push(createHmac("sha256", seed).update(leaf).update(Buffer.of(ball >> 8, ball & 255)).digest("hex"));
  }
  return tickets.sort()[0];
}

function subsets(items) {
  return items.reduce((all, one) => [...all, ...all.map((some) => [...some, one])], [[]]);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

// The fill of draw.md section 6: seats per class and venue, experts left per class and venue.
function fill(classes, venues, left) {
  return Math.min(...subsets([...classes.keys()]).map((some) => {
    const outside = sum([...classes].filter(([name]) => !some.includes(name)).map(([, seats]) => seats));
    const inside = sum([...venues].map(([venue, seats]) => Math.min(seats, sum(some.map((one) => left(one, venue))))));
    return outside + inside;
  }));
}

function counter(rows) {
  const counts = new Map();
  for (const row of rows) {
    const cell = `${row.discipline}\t${row.region}`;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  return (discipline, venue) => counts.get(`${discipline}\t${venue}`) ?? 0;
}

function classTotals(seats) {
  const totals = new Map();
  for (const { cls, free } of seats) totals.set(cls, (totals.get(cls) ?? 0) + free);
  return totals;
}

// Which classes fill whose seats: [{discipline, cls, free}], moved one by one while the fill grows.
function strata(panel, rows) {
  const seats = [];
  for (const { id, members, fallback } of panel.disciplines) {
    for (const cls of [id, ...(fallback ?? [])]) seats.push({ discipline: id, cls, free: cls === id ? members : 0 });
  }
  const venues = new Map(panel.seats.map(({ venue, members }) => [venue, members]));
  const wanted = sum(panel.seats.map(({ members }) => members));
  const left = counter(rows);
  for (let now = fill(classTotals(seats), venues, left); now < wanted;) {
    const move = seats.find((to) => {
      const from = seats.find((one) => one.discipline === to.discipline && one.cls === to.discipline);
      if (to === from || from.free === 0) return false;
      from.free -= 1;
      to.free += 1;
      if (fill(classTotals(seats), venues, left) > now) return true;
      from.free += 1;
      to.free -= 1;
      return false;
    });
    must(move, "the pool is too small");
    now = fill(classTotals(seats), venues, left);
  }
  return { seats, venues, wanted };
}

function drawPanel(panel, rows, seed) {
  const { seats, venues, wanted } = strata(panel, rows);
  const ordered = rows.map((row) => ({ row, ticket: ticket(seed, row) }));
  ordered.sort((a, b) => (a.ticket + a.row.leaf < b.ticket + b.row.leaf ? -1 : 1));
  const drawn = [];
  for (const [at, one] of ordered.entries()) {
    if (drawn.length === wanted) break;
    const { discipline: cls, region } = one.row;
    const seat = seats.find((free) => free.cls === cls && free.discipline === cls && free.free > 0)
      ?? seats.find((free) => free.cls === cls && free.free > 0);
    if (!seat || !venues.get(region)) continue;
    seat.free -= 1;
    venues.set(region, venues.get(region) - 1);
    const rest = counter(ordered.slice(at + 1).map((other) => other.row));
    if (fill(classTotals(seats), venues, rest) === wanted - drawn.length - 1) {
      drawn.push({ blinded: one.row.leaf, discipline: seat.discipline, cls, venue: region, ticket: one.ticket });
      continue;
    }
    seat.free += 1;
    venues.set(region, venues.get(region) + 1);
  }
  return drawn;
}

function checkDraw(bundle, fold) {
  step = "draw";
  const [stated] = fold.of("draw.computed");
  if (!stated) return null;
  const [sealed] = fold.of("pool.sealed");
  const file = bundle.files.get(sealed.body.file.sha256);
  must(file && file.length === sealed.body.file.size, "the pool is not in the bundle");
  const rows = readPool(file);
  const root = treeRoot(rows.map((row) => leafHash(row.line)));
  must(hex(root) === sealed.body.root && rows.length === sealed.body.count, "the pool is another one");
  const seed = seedOf(fold, root);
  must(hex(seed) === stated.body.seed, "the seed is another one");
  const eligible = rows.filter((row) => row.status === "eligible");
  must(eligible.length === sealed.body.eligible, "the pool has other eligible rows");
  const [tender] = fold.of("tender.published");
  const found = drawPanel(tender.body.tender.panel, eligible, seed);
  const said = stated.body.panel.map((seat) => ({
    blinded: seat.blinded, discipline: seat.discipline, cls: seat.class ?? seat.discipline, venue: seat.venue, ticket: seat.ticket,
  }));
  must(canonical(said) === canonical(found), "the panel is another one");
  return hex(seed);
}

function seedOf(fold, root) {
  const released = new Map();
  for (const { author, body } of fold.of("share.released")) {
    if (!released.has(body.recipient)) released.set(body.recipient, new Map());
    const shares = released.get(body.recipient);
    if (author === body.custodian && !shares.has(author)) shares.set(author, unb64u(body.share, "share"));
  }
  const nonces = fold.of("nonce.sealed").map(({ author, body }) => {
    const identity = openSeal(body.seal, released.get(body.seal.recipient) ?? new Map());
    const nonce = ageDecrypt(identity, unb64u(body.ciphertext, "ciphertext"));
    const commitment = hex(tagged("bideval/draw-commitment/v1", fold.session, author, nonce));
    must(nonce.length === 32 && commitment === body.commitment, `the nonce of ${author} is another one`);
    return [author, nonce];
  });
  nonces.sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])));
  return tagged("bideval/draw-seed/v1", fold.session, root, String(nonces.length), ...nonces.flat(), "");
}

// --- receipt.md --------------------------------------------------------------------------------------

function checkReceipt(text, fold, lines) {
  step = "receipts";
  if (text.startsWith("c2sp.org/tlog-proof@v1\n")) return checkProof(text, fold, lines);
  const statement = jws(text.trim(), "bideval-receipt/2", 2_048);
  const said = strictJson(statement.payload, "receipt");
  exactly(said, ["session", "origin", "entry", "place", "at"], "receipt");
  const known = fold.venues.get(said.origin);
  must(said.session === fold.session && known, "the receipt is of another session");
  check(statement, known);
  const place = fold.places.get(said.entry);
  must(place && place.origin === said.origin, "the entry was left out");
  return must(hex(tagged("bideval/receipt-place/v1", place.chain)) === said.place, "lines before the entry are other ones");
}

function checkProof(text, fold, lines) {
  const blank = text.indexOf("\n\n");
  const [, index, ...path] = text.slice(0, blank).split("\n");
  const found = /^index (0|[1-9][0-9]{0,15})$/.exec(index);
  must(found && path.length <= 63, "the proof is malformed");
  const note = readNote(Buffer.from(text.slice(blank + 2)), fold.session);
  must(noteSigners(note, mainKey(fold)).has(null), "main did not sign the checkpoint of the proof");
  const hashes = path.map((line) => unb64(line, "path"));
  const at = Number(found[1]);
  must(at < note.size && at < lines.length, "the proof is about no line");
  const rest = [...hashes];
  must(climb(leafHash(lines[at]), at, note.size, rest).equals(note.root) && !rest.length, "the line is not in the proof's tree");
}

// RFC 9162 section 2.1.3.1 backwards: the last hash of the path belongs to the widest split.
function climb(leaf, at, size, path) {
  if (size === 1) return leaf;
  must(path.length, "the path is too short");
  const other = path.pop();
  let half = 1;
  while (2 * half < size) half *= 2;
  return at < half ? nodeHash(climb(leaf, at, half, path), other) : nodeHash(other, climb(leaf, at - half, size - half, path));
}

// --- all steps ---------------------------------------------------------------------------------------

function verifyBundle(data, receipts) {
  const bundle = unpack(data);
  const fold = new Fold(bundle.manifest.session);
  bundle.lines.forEach((line, position) => fold.take(line, position));
  must(bundle.lines.length > 0, "the record is empty");
  const head = checkTree(bundle, fold);
  const seed = checkDraw(bundle, fold);
  receipts.forEach((text) => checkReceipt(text, fold, bundle.lines));
  return { session: fold.session, ...head, seed };
}

const [file, ...receipts] = process.argv.slice(2);
try {
  const facts = verifyBundle(readFileSync(file), receipts.map((one) => readFileSync(one, "utf8")));
  console.log(JSON.stringify(facts));
} catch (error) {
  if (!(error instanceof Refused)) console.error(error);
  console.log(error instanceof Refused ? error.message : `${step}: ${error.message}`);
  process.exitCode = 1;
}
