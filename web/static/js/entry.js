/**
 * An entry of the record: what a person did, signed before anything else happens (docs/spec, bideval-entry/1).
 * Decided here: the payload's members. What a kind's body holds is decided by the page that makes it.
 */
import { b64u, canonicalBytes, digest, instantText, randomBytes, utf8 } from "./encoding.js";
import { signCompact } from "./jws.js";
import { sign } from "./keys.js";

/** The head of an empty record: size 0 and SHA-256 of nothing. */
export const EMPTY_HEAD = { size: 0, root: digest(new Uint8Array()) };

/** @returns {string} 22 characters */
export const newEntryId = () => b64u(randomBytes(16));

/**
 * @param {import("./keys.js").Keys} keys
 * @param {{session: string, author: string, kind: string, body: Record<string, unknown>, now: number,
 *   seen?: {size: number, root: string} | null, id?: string}} parts
 * @returns {Promise<{id: string, jws: string, hash: string}>}
 */
export async function makeEntry(keys, { session, author, kind, body, now, seen, id = newEntryId() }) {
  const head = seen ?? EMPTY_HEAD;
  const payload = canonicalBytes({ session, author, kind, id, at: instantText(now), seen: head, body });
  const jws = await signCompact(keys, "bideval-entry/1", payload, sign);
  return { id, jws, hash: digest(utf8(jws)) };
}
