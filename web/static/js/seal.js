/**
 * Seals (docs/spec/seal.md): a one-time age identity, split among custodians, and small sealed texts.
 * Decided here: how a seal is dealt, how a custodian opens its share, how plaintexts are padded.
 */
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { combine, split } from "shamir-secret-sharing";
import { b64u, canonicalBytes, canonicalText, digest, hex, taggedHash, unb64u, utf8 } from "./encoding.js";

const SHARE = "bideval-share/2";
const SHARE_SIZE = 75;
export const MARK_SIZE = 128;
export const SCORESHEET_BLOCK = 1024;

/**
 * @typedef {{custodian: string, digest: string, sealed: string}} SealedShare
 * @typedef {{purpose: string, recipient: string, threshold: number, shares: SealedShare[]}} Seal
 */

/** @param {string} recipient @param {Uint8Array} data @returns {Promise<Uint8Array>} */
export function encryptTo(recipient, data) {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(data);
}

/** @param {string|CryptoKey} identity @param {Uint8Array} data @returns {Promise<Uint8Array>} */
export function decryptWith(identity, data) {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(data);
}

/** Who keeps the shares, and how many open: every share carries it. @param {number} threshold @param {string[]} actors */
const custodyDigest = (threshold, actors) => hex(taggedHash("bideval/custody/v1", utf8(String(threshold)), ...actors.map(utf8)));

/** Shares that this browser made do not open: a fault of its own, found before anything is sent. */
export class Misdealt extends Error {}

/**
 * @param {{session: string, purpose: string, custodians: {actor: string, recipient: string}[], threshold: number}} custody
 * @param {typeof split} dealing
 * @returns {Promise<{identity: string, seal: Seal}>}
 * @throws {Misdealt}
 */
export async function dealSeal({ session, purpose, custodians, threshold }, dealing = split) {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const pieces = await dealing(utf8(identity), custodians.length, threshold);
  await checkDealing(pieces, threshold, identity);
  const custody = custodyDigest(threshold, custodians.map(({ actor }) => actor));
  const shares = await Promise.all(
    custodians.map((custodian, at) => {
      const context = { session, purpose, recipient, threshold, of: custodians.length, index: at + 1, custody };
      return sealShare(custodian, pieces[at], context);
    }),
  );
  return { identity, seal: { purpose, recipient, threshold, shares } };
}

/**
 * Every m of the shares must give the identity. The first m - 1 with each of the others do only if all lie on one
 * polynomial (docs/spec/seal.md, section 1), so those n - m + 1 sets stand for all.
 * @param {Uint8Array[]} pieces @param {number} threshold @param {string} identity
 */
async function checkDealing(pieces, threshold, identity) {
  const first = pieces.slice(0, threshold - 1);
  for (const last of pieces.slice(threshold - 1)) {
    const rebuilt = await combine([...first, last]).catch(() => new Uint8Array());
    if (new TextDecoder().decode(rebuilt) !== identity) throw new Misdealt();
  }
}

/**
 * @param {{actor: string, recipient: string}} custodian @param {Uint8Array} piece
 * @param {{session: string, purpose: string, recipient: string, threshold: number, of: number, index: number, custody: string}} context
 * @returns {Promise<SealedShare>}
 */
async function sealShare(custodian, piece, context) {
  const plain = canonicalBytes({ format: SHARE, ...context, custodian: custodian.actor, share: b64u(piece) });
  const sealed = await encryptTo(custodian.recipient, plain);
  return { custodian: custodian.actor, digest: digest(piece), sealed: b64u(sealed) };
}

/**
 * Open the share that a seal holds for `custodian`, and check that it belongs to this very seal.
 * @param {Seal} seal @param {string} custodian @param {string|CryptoKey} identity @param {string} session
 * @returns {Promise<string>} the share, base64url
 */
export async function openShare(seal, custodian, identity, session) {
  const at = seal.shares.findIndex((share) => share.custodian === custodian);
  if (at < 0) throw new RangeError("not a custodian of this seal");
  const plain = await decryptWith(identity, unb64u(seal.shares[at].sealed));
  const text = new TextDecoder("utf-8", { fatal: true }).decode(plain);
  const share = JSON.parse(text);
  const wanted = {
    format: SHARE, session, purpose: seal.purpose, recipient: seal.recipient, custodian,
    index: at + 1, threshold: seal.threshold, of: seal.shares.length,
    custody: custodyDigest(seal.threshold, seal.shares.map((one) => one.custodian)),
  };
  for (const [field, value] of Object.entries(wanted)) {
    if (share[field] !== value) throw new RangeError(`share.${field}`);
  }
  // Written again it is the same text: nothing else is in it, nothing twice, nothing in another form.
  if (canonicalText({ ...wanted, share: share.share }) !== text) throw new RangeError("share");
  const piece = unb64u(share.share);
  if (digest(piece) !== seal.shares[at].digest) throw new RangeError("share.share");
  if (piece.length !== SHARE_SIZE || piece[SHARE_SIZE - 1] === 0) throw new RangeError("share.share");
  return share.share;
}

/** Canonical JSON of `value` with a `pad` that makes its size a multiple of `block`. @param {Record<string, unknown>} value @param {number} block */
function paddedTo(value, block) {
  const bare = canonicalBytes({ ...value, pad: "" }).length;
  const size = Math.ceil(bare / block) * block;
  return canonicalBytes({ ...value, pad: "0".repeat(size - bare) });
}

/** @param {{bid: string, criterion: string, counter: number, mark: string|null}} mark @returns {Uint8Array} exactly 128 bytes */
export function paddedMark(mark) {
  const bytes = paddedTo(mark, MARK_SIZE);
  if (bytes.length !== MARK_SIZE) throw new RangeError("mark too long");
  return bytes;
}

/** @param {Record<string, unknown>} sheet @returns {Uint8Array} a multiple of 1024 bytes */
export const paddedScoresheet = (sheet) => paddedTo(sheet, SCORESHEET_BLOCK);
