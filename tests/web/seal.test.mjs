import assert from "node:assert/strict";
import { test } from "node:test";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { combine, split } from "shamir-secret-sharing";
import { unb64u } from "../../web/static/js/encoding.js";
import { blobDigest, makeManifest, packageBlob, sealBlob } from "../../web/static/js/package.js";
import * as sealing from "../../web/static/js/seal.js";

async function custodians(count) {
  const all = [];
  for (let at = 0; at < count; at += 1) {
    const identity = await generateX25519Identity();
    all.push({ actor: `officer-${at}`, identity, recipient: await identityToRecipient(identity) });
  }
  return all;
}

test("shares of enough custodians rebuild the identity that the seal names", async () => {
  const people = await custodians(3);
  const { identity, seal } = await sealing.dealSeal({ session: "s-001", purpose: "bid", custodians: people, threshold: 2 });
  const shares = [0, 2].map((at) => sealing.openShare(seal, people[at].actor, people[at].identity, "s-001"));
  const rebuilt = await combine((await Promise.all(shares)).map(unb64u));
  assert.equal(new TextDecoder().decode(rebuilt), identity);
  assert.equal(await identityToRecipient(identity), seal.recipient);
  assert.deepEqual(seal.shares.map((share) => share.custodian), ["officer-0", "officer-1", "officer-2"]);
});

test("shares that do not fit together are found before anything is sealed, whichever it is", async () => {
  const people = await custodians(4);
  const asked = { session: "s-001", purpose: "bid", custodians: people, threshold: 3 };
  for (const bent of [0, 1, 2, 3]) {
    for (const at of [0, 40, 74]) {
      const dealing = async (...words) => {
        const pieces = await split(...words);
        pieces[bent][at] ^= 1;
        return pieces;
      };
      await assert.rejects(sealing.dealSeal(asked, dealing), sealing.Misdealt);
    }
  }
  const twice = async (...words) => (await split(...words)).map((_, at, all) => all[at % 3]);
  await assert.rejects(sealing.dealSeal(asked, twice), sealing.Misdealt);
  const ofAnother = async (_, ...words) => split(new Uint8Array(74).fill(65), ...words);
  await assert.rejects(sealing.dealSeal(asked, ofAnother), sealing.Misdealt);
  assert.equal((await sealing.dealSeal(asked)).seal.shares.length, 4);
});

test("a share opens for its own session, seal and custodian only", async () => {
  const people = await custodians(2);
  const { seal } = await sealing.dealSeal({ session: "s-001", purpose: "bid", custodians: people, threshold: 2 });
  const [first, second] = people;
  await assert.rejects(sealing.openShare(seal, first.actor, first.identity, "s-002"), /share.session/);
  await assert.rejects(sealing.openShare({ ...seal, purpose: "marks" }, first.actor, first.identity, "s-001"), /share.purpose/);
  await assert.rejects(sealing.openShare(seal, "officer-9", first.identity, "s-001"), RangeError);
  await assert.rejects(sealing.openShare(seal, second.actor, first.identity, "s-001"));
  const bent = { ...seal, shares: seal.shares.map((share) => ({ ...share, digest: "0".repeat(64) })) };
  await assert.rejects(sealing.openShare(bent, first.actor, first.identity, "s-001"), /share.share/);
});

test("an X25519 key that cannot be read out opens what was sealed to it", async () => {
  const pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  const recipient = await identityToRecipient(pair.privateKey);
  const opened = await sealing.decryptWith(pair.privateKey, await sealing.encryptTo(recipient, Uint8Array.of(1, 2)));
  assert.deepEqual(Array.from(opened), [1, 2]);
});

test("every sealed mark has the same size, whatever it says", () => {
  const sizes = [null, "0", "9.5", "100"].map((mark) => sealing.paddedMark({ bid: "bid-0a1b2c3d", criterion: "t1", counter: 42, mark }).length);
  assert.deepEqual(sizes, [128, 128, 128, 128]);
  assert.throws(() => sealing.paddedMark({ bid: "b".repeat(64), criterion: "c".repeat(64), counter: 1, mark: "1" }), RangeError);
  assert.equal(sealing.paddedScoresheet({ marks: { a: { b: "1" } } }).length, 1024);
});

test("a bid package is magic, length, manifest and files, and opens to the same bytes", async () => {
  const files = [new File(["%PDF-1"], "技术.pdf", { type: "application/pdf" }), new File([new Uint8Array(3_000_000)], "b.bin")];
  const seen = [];
  const manifest = await makeManifest({ session: "s-001", bid: "bid-1", lot: "1", bidder: "bidder-1", sheet: {} }, files, (done) => seen.push(done));
  assert.equal(seen.at(-1), 3_000_006);
  assert.equal(manifest.files[0].sha256, await blobDigest(new Blob(["%PDF-1"])));
  const plain = packageBlob(manifest, files);
  const identity = await generateX25519Identity();
  const { sealed, sha256, size } = await sealBlob(plain, await identityToRecipient(identity), () => {});
  assert.equal(sealed.size, size);
  assert.equal(await blobDigest(sealed), sha256);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const opened = await decrypter.decrypt(new Uint8Array(await sealed.arrayBuffer()));
  assert.deepEqual(Buffer.from(opened), Buffer.from(await plain.arrayBuffer()));
  assert.equal(new TextDecoder().decode(opened.subarray(0, 14)), "bideval-bid/1\n");
});
