// One JSON command on standard input, one JSON answer: what the pages' scripts make, for the server's judges.
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { b64u, canonicalText, hex, taggedHash, utf8 } from "../../web/static/js/encoding.js";
import { makeEntry } from "../../web/static/js/entry.js";
import { keyId, loginSignature, makeKeys, proofOfPossession } from "../../web/static/js/keys.js";
import { dealSeal, encryptTo, openShare, paddedMark, paddedScoresheet } from "../../web/static/js/seal.js";
import { makeManifest, packageBlob, sealBlob } from "../../web/static/js/package.js";

const commands = {
  canonical: ({ values }) => values.map(canonicalText),
  hashes: ({ tag, parts }) => hex(taggedHash(tag, ...parts.map(utf8))),
  async entry({ session, author, kind, body, now }) {
    const keys = await makeKeys();
    const entry = await makeEntry(keys, { session, author, kind, body, now });
    const proof = await proofOfPossession(keys, { session, venue: "fenghua", person: author, role: "expert" });
    const login = await loginSignature(keys, "fenghua", "challenge");
    return { ...entry, suite: keys.suite, public: b64u(keys.public), kid: keyId(keys.suite, keys.public), recipient: keys.recipient, proof, login };
  },
  async deal({ session, purpose, custodians, threshold }) {
    return dealSeal({ session, purpose, custodians, threshold });
  },
  open: ({ seal, custodian, identity, session }) => openShare(seal, custodian, identity, session),
  async marks({ mark, sheet }) {
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    const [one, all] = await Promise.all([paddedMark(mark), paddedScoresheet(sheet)].map((plain) => encryptTo(recipient, plain)));
    return { identity, mark: b64u(one), sheet: b64u(all) };
  },
  async bid({ parts, files, recipient }) {
    const blobs = files.map(({ name, text }) => new File([text], name, { type: "application/pdf" }));
    const plain = packageBlob(await makeManifest(parts, blobs, () => {}), blobs);
    const { sealed, sha256, size } = await sealBlob(plain, recipient, () => {});
    return { sealed: b64u(new Uint8Array(await sealed.arrayBuffer())), sha256, size };
  },
};

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { command, ...given } = JSON.parse(Buffer.concat(chunks).toString());
process.stdout.write(JSON.stringify(await commands[command](given)));
