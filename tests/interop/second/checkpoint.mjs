// docs/spec/line-and-record.md section 3 and checkpoint.md: the tree, the note and who signed it.
import { signs } from "./keys.mjs";
import { hex, sha256, unb64, utf8 } from "./notation.mjs";
import { must } from "./verdict.mjs";

export const leafHash = (line) => sha256(Buffer.of(0), line);
export const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

export function treeRoot(leaves) {
  if (!leaves.length) return sha256("");
  if (leaves.length === 1) return leaves[0];
  let half = 1;
  while (2 * half < leaves.length) half *= 2;
  return nodeHash(treeRoot(leaves.slice(0, half)), treeRoot(leaves.slice(half)));
}

export function readNote(data, session) {
  const text = utf8(data, "checkpoint");
  must(text.length <= 65_536 && !/[\x00-\x09\x0b-\x1f]/.test(text), "the note has control characters");
  const blank = text.lastIndexOf("\n\n");
  must(blank >= 0 && text.endsWith("\n"), "the note has no signatures");
  const body = text.slice(0, blank + 1);
  const signatures = text.slice(blank + 2, -1).split("\n").map((line) => {
    const found = /^\u2014 ([^\s+]+) (\S+)$/.exec(line);
    must(found, "a signature line is malformed");
    const bytes = unb64(found[2], "signature");
    must(bytes.length > 4, "a signature line is too short");
    return { name: found[1], id: hex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
  });
  const lines = body.slice(0, -1).split("\n");
  must(signatures.length <= 64 && lines.length === 3, "the checkpoint has three lines");
  must(lines[0] === `bideval/session/${session}`, "the checkpoint is of another session");
  must(/^(0|[1-9][0-9]{0,15})$/.test(lines[1]), "the checkpoint has no size");
  const root = unb64(lines[2], "root");
  must(root.length === 32, "the checkpoint has no root");
  return { body, signatures, size: Number(lines[1]), root };
}

export const mainKey = (record) => [{ name: `bideval/session/${record.session}`, type: 1, known: record.venues.get(record.main), venue: null }];
export const branchKeys = (record) => [...record.venues].filter(([venue]) => venue !== record.main)
  .map(([venue, known]) => ({ name: `bideval/venue/${venue}`, type: 4, known, venue }));

export function noteSigners(note, keys) {
  const signers = new Set();
  for (const { name, id, signature } of note.signatures) {
    for (const key of keys) {
      const own = hex(sha256(key.name, "\n", Buffer.of(key.type), key.known.raw).subarray(0, 4));
      if (key.name !== name || own !== id) continue;
      const stamp = key.type === 4 ? signature.subarray(0, 8) : Buffer.alloc(0);
      const time = stamp.length ? stamp.readBigUInt64BE() : 0n;
      const signed = key.type === 4 ? `cosignature/v1\ntime ${time}\n${note.body}` : note.body;
      const good = time < 2n ** 63n && signs(key.known, Buffer.from(signed), signature.subarray(stamp.length));
      must(good, `the signature of ${name} does not verify`);
      signers.add(key.venue);
    }
  }
  return signers;
}
