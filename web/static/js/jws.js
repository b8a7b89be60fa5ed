/**
 * Compact JWS (RFC 7515) with exactly the three header members that the record accepts.
 * Decided here: the header and the limit. Which key signs is the caller's matter.
 */
import { b64u, canonicalBytes, utf8 } from "./encoding.js";

export const MAX_JWS = 65_000;

/**
 * @template {{suite: string, kid: string}} K
 * @param {K} keys @param {string} typ @param {Uint8Array} payload
 * @param {(keys: K, data: Uint8Array) => Promise<Uint8Array>} sign
 */
export async function signCompact(keys, typ, payload, sign) {
  const header = b64u(canonicalBytes({ alg: keys.suite, kid: keys.kid, typ }));
  const input = `${header}.${b64u(payload)}`;
  const jws = `${input}.${b64u(await sign(keys, utf8(input)))}`;
  if (jws.length > MAX_JWS) throw new RangeError("entry too large");
  return jws;
}
