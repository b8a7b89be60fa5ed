/**
 * A supervisor's part in the draw: a random number, committed to and sealed before anybody knows another's.
 */
import { act } from "./acts.js";
import { b64u, hex, randomBytes, taggedHash, utf8 } from "./encoding.js";
import { busy, confirmed, succeed } from "./forms.js";
import { dealSeal, encryptTo } from "./seal.js";
import { context } from "./words.js";

const NONCE_BYTES = 32;

async function commit() {
  const page = context();
  const nonce = randomBytes(NONCE_BYTES);
  const commitment = hex(taggedHash("bideval/draw-commitment/v1", utf8(page.session), utf8(page.actor), nonce));
  const { seal } = await dealSeal({ session: page.session, purpose: "nonce", ...page.nonce_custody });
  const ciphertext = b64u(await encryptTo(seal.recipient, nonce));
  return act("nonce.sealed", { commitment, ciphertext, seal });
}

const form = /** @type {HTMLFormElement|null} */ (document.getElementById("seal-nonce"));
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await confirmed(form.dataset.confirm ?? "")) await busy(form, async () => succeed(form, (await commit()).saved));
});
