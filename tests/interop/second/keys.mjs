// docs/spec/keys.md sections 2 to 4: suites, key ids, compact JWS.
import { createPublicKey, verify } from "node:crypto";
import { canonical, exactly, hex, strictJson, tagged, unb64u } from "./notation.mjs";
import { must } from "./verdict.mjs";


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

const keys = new Map();

// Reads a key as it is enrolled; a suite or key that the page refuses ends the step.
export function enrolled(suite, raw, what) {
  const name = `${suite} ${hex(raw)}`;
  if (!keys.has(name)) keys.set(name, readKey(suite, raw, what));
  return keys.get(name);
}

function readKey(suite, raw, what) {
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

// The canonical encodings of the eight points of low order.
const LOW_ORDER = new Set([
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
]);

// The library refuses S from L on and compares R with the canonical encoding of [S]B - [k]A, without the cofactor.
export function signs(known, data, signature) {
  if (signature.length !== 64) return false;
  if (known.suite === "ES256") return verify("sha256", data, { key: known.key, dsaEncoding: "ieee-p1363" }, signature);
  if (LOW_ORDER.has(hex(signature.subarray(0, 32))) || little(signature.subarray(32)) >= L) return false;
  return verify(null, data, known.key, signature);
}

// Takes a JWS apart (steps 1 to 3), without believing it.
export function jws(text, limit = 65_000) {
  must(text.length <= limit, "a JWS is too long");
  const parts = text.split(".");
  must(parts.length === 3 && parts[0].length <= 512, "a JWS has three parts");
  const [head, payload, signature] = parts.map((part, at) => unb64u(part, `part ${at} of a JWS`));
  const header = strictJson(head, "header");
  exactly(header, ["alg", "kid", "typ"], "header");
  must(Object.values(header).every((one) => typeof one === "string"), "the header has strings");
  must(canonical(header) === head.toString(), "the header is not canonical");
  return { header, payload, signature, signed: Buffer.from(`${parts[0]}.${parts[1]}`) };
}

// Steps 4 to 7, with the key that the record names.
export function check(found, known, typ) {
  must(found.header.typ === typ, `typ is not ${typ}`);
  must(found.header.alg === known.suite, "alg is not the enrolled key's");
  must(found.header.kid === known.kid, "kid is not the enrolled key's");
  must(signs(known, found.signed, found.signature), "the signature does not verify");
}

