// docs/spec/receipt.md: what was kept, held against the record.
import { leafHash, mainKey, nodeHash, noteSigners, readNote, treeRoot } from "./checkpoint.mjs";
import { isInstant } from "./forms.mjs";
import { check, jws } from "./keys.mjs";
import { exactly, hex, sha256, strictJson, tagged, unb64 } from "./notation.mjs";
import { begin, must } from "./verdict.mjs";

// Takes any of the three files of section 3: a proof, a page's file, or a line that ends in the receipt.
export function checkReceipt(data, record, lines) {
  begin("receipts");
  const text = data.toString("utf8");
  if (text.startsWith("c2sp.org/tlog-proof@")) return checkProof(text, record, lines);
  if (!text.startsWith("{")) return checkHere(text.trim().split(/\s+/).at(-1), record);
  const file = strictJson(data, "receipt");
  must(typeof file.receipt === "string" && typeof file.jws === "string", "the file has no receipt or no entry");
  return checkHere(file.receipt, record, hex(sha256(file.jws)));
}

function checkHere(text, record, entry) {
  const statement = jws(text, 2_048);
  const said = strictJson(statement.payload, "receipt");
  exactly(said, ["session", "origin", "entry", "place", "at"], "receipt");
  const known = record.venues.get(said.origin);
  must(said.session === record.session && known && isInstant(said.at), "the receipt is of another session");
  check(statement, known, "bideval-receipt/2");
  must(entry === undefined || entry === said.entry, "the receipt is for another entry than the one beside it");
  const place = record.places.get(said.entry);
  must(place && place.origin === said.origin, "the entry was left out");
  return must(hex(tagged("bideval/receipt-place/v1", place.chain)) === said.place, "lines before the entry are other ones");
}

function checkProof(text, record, lines) {
  const blank = text.indexOf("\n\n");
  const [first, index, ...path] = text.slice(0, blank).split("\n");
  const found = /^index (0|[1-9][0-9]{0,15})$/.exec(index);
  must(first === "c2sp.org/tlog-proof@v1" && found && path.length <= 63, "the proof is malformed");
  const note = readNote(Buffer.from(text.slice(blank + 2)), record.session);
  must(noteSigners(note, mainKey(record)).has(null), "main did not sign the checkpoint of the proof");
  const hashes = path.map((line) => unb64(line, "path"));
  must(hashes.every((hash) => hash.length === 32), "the proof is malformed");
  const at = Number(found[1]);
  must(at < note.size && at < lines.length, "the proof is about no line");
  const siblings = ranges(at, note.size);
  must(siblings.length === hashes.length, "the path has another length");
  const leaves = lines.map(leafHash);
  const root = siblings.reduce((node, [from], level) => (from > at ? nodeHash(node, hashes[level]) : nodeHash(hashes[level], node)), leaves[at]);
  must(root.equals(note.root), "the line is not in the proof's tree");
  siblings.forEach(([from, to], level) => {
    must(to <= lines.length, `the record ends at ${lines.length}`);
    must(treeRoot(leaves.slice(from, to)).equals(hashes[level]), `the lines ${from} to ${to - 1} are other ones`);
  });
}

// The leaves under each node of an inclusion path, the sibling of the leaf first (RFC 9162 section 2.1.3.1).
function ranges(index, total) {
  const found = [];
  let [start, size] = [0, total];
  while (size > 1) {
    let half = 1;
    while (2 * half < size) half *= 2;
    const left = index - start < half;
    found.unshift(left ? [start + half, start + size] : [start, start + half]);
    [start, size] = left ? [start, half] : [start + half, size - half];
  }
  return found;
}
