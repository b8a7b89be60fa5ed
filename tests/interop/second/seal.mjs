// docs/spec/seal.md, and the age format that it names (C2SP age v1: X25519, binary).
import { createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from "node:crypto";
import { hex, sha256 } from "./notation.mjs";

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

export function bech32(text, prefix) {
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
  if (/1/.test(bits.slice(256))) return null;
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

// The identity that the released shares give (custodian to 75 bytes), or null where they give none.
export function openSeal(seal, released) {
  const shares = fitting(seal, released);
  if (shares.length < seal.threshold) return null;
  const wanted = bech32(seal.recipient, "age");
  let tried = 0;
  for (const some of choose(shares, seal.threshold)) {
    if ((tried += 1) > 150) break;
    if (new Set(some.map((share) => share[74])).size !== some.length) continue;
    const identity = identityOf(interpolate(some));
    if (identity?.own.equals(wanted)) return identity;
  }
  return null;
}

// The released shares that have the digests of their custodians, in custody order.
export function fitting(seal, released) {
  return seal.shares.flatMap(({ custodian, digest }) => {
    const share = released.get(custodian);
    return share && hex(sha256(share)) === digest && share.length === 75 && share[74] ? [share] : [];
  });
}

const LOW_ORDER = [0n, 1n, 2n ** 255n - 20n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n];

// The 32 bytes of an age recipient, or null where it is refused.
export function pointOfRecipient(text) {
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(text)) return null;
  const raw = bech32(text, "age");
  if (raw === null || raw.length !== 32) return null;
  const u = BigInt(`0x${hex(Buffer.from(raw).reverse())}`);
  return u >= 2n ** 255n - 19n || LOW_ORDER.includes(u) ? null : raw;
}


function opens(key, nonce, data) {
  const cipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  cipher.setAuthTag(data.subarray(-16));
  try {
    return Buffer.concat([cipher.update(data.subarray(0, -16)), cipher.final()]);
  } catch {
    return null;
  }
}

const BODY = 65_536 + 16;
const raw64 = (text) => {
  const data = Buffer.from(text, "base64");
  return data.toString("base64").replace(/=+$/, "") === text ? data : null;
};

// The plaintext, or null where the file is no age file, is damaged, or is for somebody else.
export function ageDecrypt(identity, data) {
  if (data.subarray(0, 16_384).indexOf("\n---") < 0) return null;
  const end = data.indexOf("\n--- ");
  const stop = end < 0 ? -1 : data.indexOf(10, end + 1);
  if (stop < 0) return null;
  const lines = data.subarray(0, end).toString("latin1").split("\n");
  if (lines[0] !== "age-encryption.org/v1") return null;
  const mac = raw64(data.subarray(end + 5, stop).toString("latin1"));
  for (const [at, line] of lines.entries()) {
    const stanza = /^-> X25519 (\S+)$/.exec(line);
    const share = stanza && raw64(stanza[1]);
    const wrapped = share && raw64(lines[at + 1] ?? "");
    if (!share || share.length !== 32 || wrapped?.length !== 32) continue;
    const fileKey = opens(wrapKey(identity, share), Buffer.alloc(12), wrapped);
    if (!fileKey) continue;
    const macKey = Buffer.from(hkdfSync("sha256", fileKey, "", "header", 32));
    const own = createHmac("sha256", macKey).update(data.subarray(0, end + 4)).digest();
    return mac?.equals(own) ? payload(fileKey, data.subarray(stop + 1)) : null;
  }
  return null;
}

function wrapKey(identity, share) {
  const jwk = { kty: "OKP", crv: "X25519", x: share.toString("base64url") };
  const shared = diffieHellman({ privateKey: identity.secret, publicKey: createPublicKey({ key: jwk, format: "jwk" }) });
  return Buffer.from(hkdfSync("sha256", shared, Buffer.concat([share, identity.own]), "age-encryption.org/v1/X25519", 32));
}

function payload(fileKey, data) {
  if (data.length < 16 + 16) return null;
  const key = Buffer.from(hkdfSync("sha256", fileKey, data.subarray(0, 16), "payload", 32));
  const whole = [];
  for (let at = 16, number = 0; ; at += BODY, number += 1) {
    const chunk = data.subarray(at, at + BODY);
    const last = at + BODY >= data.length;
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(number, 7);
    nonce[11] = last ? 1 : 0;
    const plain = chunk.length < 16 ? null : opens(key, nonce, chunk);
    if (plain === null || (last && number > 0 && plain.length === 0)) return null;
    whole.push(plain);
    if (last) return Buffer.concat(whole);
  }
}
