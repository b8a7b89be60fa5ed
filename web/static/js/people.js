/**
 * Becoming somebody (code, key, proof) and signing in again with a key that this browser keeps.
 * Decided here: the order of calls, and that a key is kept before the server hears of it.
 */
import { b64u } from "./encoding.js";
import * as keyring from "./keys.js";
import { postJson } from "./post.js";

/** @param {string} code from the operator's slip or an invitation */
export async function enrol(code) {
  const who = await postJson("/api/enrol/code", { code });
  const keys = await keyring.makeKeys();
  const place = { session: who.session ?? null, venue: who.venue, person: who.person, role: who.role };
  const proof = await keyring.proofOfPossession(keys, place);
  await keyring.keepKeys({ ...keys, ...place, label: who.label ?? who.person });
  const request = { code, suite: keys.suite, public: b64u(keys.public), recipient: keys.recipient, proof };
  return postJson("/api/enrol", request);
}

/** @param {keyring.Keys} keys @param {string} venue */
export async function signIn(keys, venue) {
  const { challenge } = await postJson("/api/login/challenge", { kid: keys.kid });
  const signature = await keyring.loginSignature(keys, venue, challenge);
  return postJson("/api/login", { kid: keys.kid, challenge, signature });
}

/** The account's key enters a session's record: proof for that session. @param {any} page */
export async function join(page) {
  const keys = await keyring.keysById(page.kid);
  if (keys === undefined) throw new ReferenceError("no key");
  const place = { session: page.session, venue: page.venue, person: page.actor, role: page.role };
  const proof = await keyring.proofOfPossession(keys, place);
  return postJson(`/api/sessions/${encodeURIComponent(page.session)}/join`, { proof });
}
