/**
 * What a person does on a page: make the entry, sign it, keep it until the server has it.
 * Decided here: one outbox for all acts of a key; an act resolves when the venue acknowledged it.
 */
import { now } from "./clock.js";
import { makeEntry } from "./entry.js";
import { keysById } from "./keys.js";
import { Outbox } from "./outbox.js";
import { context, say } from "./words.js";

/** @type {Outbox|undefined} */
let outbox;

/** @returns {Outbox} */
function acts() {
  const page = context();
  outbox ??= new Outbox(`acts/${page.session}/${page.kid}`);
  return outbox;
}

export class NoKey extends Error {}

/**
 * @param {string} kind @param {Record<string, unknown>} body @param {(since: number) => void} [down] told when the line is down
 * @returns {Promise<{entry: string, saved: string, receipt?: string, jws: string}>}
 */
export async function act(kind, body, down = () => {}) {
  const page = context();
  const keys = await keysById(page.kid);
  if (keys === undefined) throw new NoKey(say("no_key"));
  const entry = await makeEntry(keys, { session: page.session, author: page.actor, kind, body, now: now(), seen: page.head });
  const box = acts();
  return new Promise((resolve, reject) => {
    const mine = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail.id === entry.id;
    const onDown = (/** @type {Event} */ event) => down(/** @type {CustomEvent} */ (event).detail.since);
    const onDone = (/** @type {Event} */ event) => mine(event) && finish(() => resolve({ .../** @type {any} */ (event).detail.answer, jws: entry.jws }));
    const onRefused = (/** @type {Event} */ event) => mine(event) && finish(() => {
      void box.dismiss(entry.id);
      reject(new Error(/** @type {any} */ (event).detail.refused));
    });
    const finish = (/** @type {() => void} */ then) => {
      box.removeEventListener("down", onDown);
      box.removeEventListener("acknowledged", onDone);
      box.removeEventListener("refused", onRefused);
      then();
    };
    box.addEventListener("down", onDown);
    box.addEventListener("acknowledged", onDone);
    box.addEventListener("refused", onRefused);
    box.add({ ...entry, session: page.session, kind }, now()).catch((error) => finish(() => reject(error)));
  });
}

/** What an earlier visit could not send leaves now. */
export function resume() {
  const { session, kid } = context();
  if (session && kid) void acts().run();
}
