/**
 * The keys of a person in this browser: made here, not extractable, kept in IndexedDB, never sent.
 * Decided here: which suites are tried, key ids, proofs of possession, the log-in signature.
 * Ed25519 first; ES256 where the browser has no Ed25519. One set of keys per venue account or seat.
 */
import { identityToRecipient, generateX25519Identity } from "age-encryption";
import { b64u, canonicalBytes, taggedHash, utf8 } from "./encoding.js";
import { signCompact } from "./jws.js";
import * as vault from "./vault.js";

/**
 * @typedef {{suite: "Ed25519"|"ES256", signing: CryptoKeyPair, public: Uint8Array, receiving: CryptoKey|string,
 *   recipient: string, kid: string, person?: string}} Keys
 */

/** @returns {Promise<Keys>} */
export async function makeKeys() {
  const { suite, signing } = await makeSigning();
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", signing.publicKey));
  const receiving = await makeReceiving();
  const recipient = await identityToRecipient(receiving);
  return { suite, signing, public: raw, receiving, recipient, kid: keyId(suite, raw) };
}

/** @returns {Promise<{suite: "Ed25519"|"ES256", signing: CryptoKeyPair}>} */
async function makeSigning() {
  try {
    const signing = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return { suite: "Ed25519", signing: /** @type {CryptoKeyPair} */ (signing) };
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "NotSupportedError") throw error;
    const signing = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    return { suite: "ES256", signing };
  }
}

/** An X25519 key that cannot be read out; an age identity text where the browser has no X25519. */
async function makeReceiving() {
  try {
    const pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    return /** @type {CryptoKeyPair} */ (pair).privateKey;
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "NotSupportedError") throw error;
    return generateX25519Identity();
  }
}

/** @param {string} suite @param {Uint8Array} raw */
export const keyId = (suite, raw) => b64u(taggedHash("bideval/key/v1", utf8(suite), raw).subarray(0, 16));

/** @param {Keys} keys @param {Uint8Array} data @returns {Promise<Uint8Array>} raw signature */
export async function sign(keys, data) {
  const algorithm = keys.suite === "Ed25519" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };
  return new Uint8Array(await crypto.subtle.sign(algorithm, keys.signing.privateKey, data));
}

/** @param {Keys} keys @param {{session: string|null, venue: string, person: string, role: string}} who */
export function proofOfPossession(keys, who) {
  const payload = { session: who.session, venue: who.venue, person: who.person, role: who.role, recipient: keys.recipient };
  return signCompact(keys, "bideval-proof/1", canonicalBytes(payload), sign);
}

/** Bound to this venue, this key and this challenge. @param {Keys} keys @param {string} venue @param {string} challenge */
export async function loginSignature(keys, venue, challenge) {
  return b64u(await sign(keys, taggedHash("bideval/login/v1", utf8(venue), utf8(keys.kid), utf8(challenge))));
}

/** @param {Keys & {venue?: string, session?: string|null}} keys kept under their id: one browser may serve several people in turn */
export const keepKeys = (keys) => vault.put("keys", keys.kid, keys);

/** Every set of keys in this browser. @returns {Promise<(Keys & {venue?: string, session?: string|null})[]>} */
export async function allKeys() {
  return (await vault.pairs("keys", "")).map(([, keys]) => keys);
}

/** @param {string} kid @returns {Promise<Keys|undefined>} */
export const keysById = (kid) => vault.get("keys", kid);
