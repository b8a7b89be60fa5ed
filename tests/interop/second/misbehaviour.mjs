// docs/spec/misbehaviour.md: what signed statements prove, and against whom.
import { leafHash, mainKey, nodeHash, noteSigners, readNote, treeRoot } from "./checkpoint.mjs";
import { check, enrolled, signs } from "./keys.mjs";
import { canonical, DIGEST, exactly, hex, strictJson, tagged, unb64u } from "./notation.mjs";
import { readLine, Record } from "./record.mjs";
import { Session } from "./session.mjs";
import { begin, must, Refused } from "./verdict.mjs";

const FORMAT = "bideval-misbehaviour/1\n";
const RECORD = "";

function digest(text, what) {
  must(typeof text === "string" && DIGEST.test(text), `${what} is no digest`);
  return Buffer.from(text, "hex");
}

function count(value, what) {
  must(Number.isSafeInteger(value) && value >= 0, `${what} is no number`);
  return value;
}

function uint64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function list(value, what, least = 0, most = 1_000_000) {
  must(Array.isArray(value) && value.length >= least && value.length <= most, `${what} is no list of that length`);
  return value;
}

function bytesOf(text) {
  must(typeof text === "string" && text.length > 0 && text.length <= 65_535, "a line has no or too many characters");
  must(!/[^\u0000-\u00ff]/.test(text), "a line has characters that are no bytes");
  return Buffer.from(text, "latin1");
}

const chainAfter = (chain, lines) => lines.reduce((before, line) => tagged("bideval/chain/v1", before, line), chain);

function vouch(record, statement, venue, stream) {
  exactly(statement, ["vouch"], "a vouch");
  exactly(statement.vouch, ["n", "digest", "signature"], "a vouch");
  must(record.venues.has(venue), "a stranger's word");
  const [n, said] = [count(statement.vouch.n, "n"), digest(statement.vouch.digest, "digest")];
  const signed = tagged("bideval/vouch/v1", record.session, stream, uint64(n), said);
  must(signs(record.venues.get(venue), signed, unb64u(statement.vouch.signature, "signature")), "the word is not signed");
  return { n, digest: said };
}

function head(record, statement) {
  must(statement !== null && typeof statement === "object", "a head is no object");
  if (!Object.hasOwn(statement, "checkpoint")) {
    const { n, digest: root } = vouch(record, statement, record.main, RECORD);
    return { n, root };
  }
  exactly(statement, ["checkpoint"], "a head");
  must(typeof statement.checkpoint === "string", "a checkpoint is no text");
  const note = readNote(Buffer.from(statement.checkpoint), record.session);
  must(noteSigners(note, mainKey(record)).has(null), "main has not signed the checkpoint");
  return { n: note.size, root: note.root };
}

// RFC 9162, section 2.1.4.2.
function consistent(m, first, n, second, path) {
  if (m === n) return path.length === 0 && first.equals(second);
  const nodes = (m & (m - 1)) === 0 ? [first, ...path] : [...path];
  if (!nodes.length) return false;
  let [fn, sn] = [m - 1, n - 1];
  const shift = () => { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); };
  while (fn % 2 === 1) shift();
  let [old, now] = [nodes[0], nodes[0]];
  for (const node of nodes.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [old, now] = [nodeHash(node, old), nodeHash(node, now)];
      while (fn % 2 === 0 && fn !== 0) shift();
    } else {
      now = nodeHash(now, node);
    }
    shift();
  }
  return sn === 0 && old.equals(first) && now.equals(second);
}

function twoHeads(record, evidence) {
  exactly(evidence, ["first", "second", "root", "path"], "evidence");
  const [first, second] = [head(record, evidence.first), head(record, evidence.second)];
  const root = digest(evidence.root, "root");
  const path = list(evidence.path, "path", 0, 64).map((one) => digest(one, "path"));
  must(first.n > 0 && first.n <= second.n, "the first head is not the smaller one");
  must(consistent(first.n, root, second.n, second.root, path), "the path proves nothing");
  must(!root.equals(first.root), "the second head extends the first");
  return record.main;
}

function branchOf(record, evidence) {
  must(record.venues.has(evidence.venue) && evidence.venue !== record.main, "the venue is no branch");
  return evidence.venue;
}

function twoChains(record, evidence) {
  exactly(evidence, ["venue", "first", "second", "chain", "lines"], "evidence");
  const venue = branchOf(record, evidence);
  const [first, second] = [evidence.first, evidence.second].map((one) => vouch(record, one, venue, venue));
  const [chain, lines] = [digest(evidence.chain, "chain"), list(evidence.lines, "lines").map(bytesOf)];
  must(first.n > 0 && first.n + lines.length === second.n, "the lines are not those in between");
  must(chainAfter(chain, lines).equals(second.digest), "the chain leads elsewhere");
  must(!chain.equals(first.digest), "the second chain continues the first");
  return venue;
}

function omission(record, evidence) {
  exactly(evidence, ["venue", "placed", "before", "lines", "head", "leaves"], "evidence");
  exactly(evidence.placed, ["n", "digest", "size", "signature"], "placed");
  const { venue, placed } = evidence;
  must(record.venues.has(venue), "a stranger");
  const [n, said, size] = [count(placed.n, "n"), digest(placed.digest, "digest"), count(placed.size, "size")];
  const signed = tagged("bideval/placed/v1", record.session, venue, uint64(n), said, uint64(size));
  must(signs(record.venues.get(record.main), signed, unb64u(placed.signature, "signature")), "the word is not signed");
  const lines = list(evidence.lines, "lines", 1).map(bytesOf);
  lines.forEach((line, at) => {
    const { origin, n: number } = readLine(line);
    must(origin === venue && number === n - lines.length + 1 + at, "a line is not the venue's of that number");
  });
  must(chainAfter(digest(evidence.before, "before"), lines).equals(said), "the lines are not those that were placed");
  const [stated, leaves] = [head(record, evidence.head), list(evidence.leaves, "leaves").map((one) => digest(one, "leaves"))];
  must(leaves.length === stated.n && treeRoot(leaves).equals(stated.root), "the leaves are not those under the head");
  must(stated.n >= size, "the head is smaller than the place");
  must(!leaves.slice(0, size).some((leaf) => leaf.equals(leafHash(lines[0]))), "the line is where it was placed");
  return record.main;
}

function folded(session, lines) {
  const record = new Record(session);
  const fold = new Session(record);
  lines.forEach((line, position) => fold.take(record.take(line, position)));
  return { record, fold };
}

function closedKey(record, evidence) {
  exactly(evidence, ["lines", "entry"], "evidence");
  const lines = list(evidence.lines, "lines", 1).map(bytesOf);
  const { record: whole, fold } = folded(record.session, lines);
  const { entry, statement, kid } = readLine(Buffer.from(`${record.main} 1 ${evidence.entry}`));
  must(entry.seen.size === lines.length && entry.seen.root === hex(treeRoot(lines.map(leafHash))), "the author has not seen these lines");
  must(fold.closedKeys.has(kid) && entry.session === record.session, "the key is not closed");
  const owner = whole.owners.get(kid);
  check(statement, owner.known, "bideval-entry/1");
  return owner.actor;
}

function falseRecord(record, evidence) {
  exactly(evidence, ["head", "lines"], "evidence");
  const stated = head(record, evidence.head);
  const lines = list(evidence.lines, "lines", 1).map(bytesOf);
  must(lines.length === stated.n && treeRoot(lines.map(leafHash)).equals(stated.root), "the lines are not those under the head");
  must(lines[0].equals(record.founding), "the record begins otherwise");
  try {
    folded(record.session, lines);
  } catch (error) {
    if (error instanceof Refused) return record.main;
    throw error;
  }
  return must(false, "the lines are a record");
}

function isFalse(record, venue, number, line, key) {
  try {
    const found = readLine(line);
    if (found.origin !== venue || found.n !== number || found.entry.session !== record.session) return true;
    if (key && key.kid === found.kid) check(found.statement, key, "bideval-entry/1");
    return false;
  } catch (error) {
    if (error instanceof Refused) return true;
    throw error;
  }
}

function falseLine(record, evidence) {
  exactly(evidence, ["venue", "vouched", "before", "lines", "key"], "evidence");
  const venue = branchOf(record, evidence);
  const said = vouch(record, evidence.vouched, venue, venue);
  const lines = list(evidence.lines, "lines", 1).map(bytesOf);
  must(lines.length <= said.n, "there are more lines than were signed");
  must(chainAfter(digest(evidence.before, "before"), lines).equals(said.digest), "the lines are not those that were signed");
  if (evidence.key !== null) exactly(evidence.key, ["suite", "public"], "key");
  const key = evidence.key && enrolled(evidence.key.suite, unb64u(evidence.key.public, "public"), "the key");
  must(lines.some((line, at) => isFalse(record, venue, said.n - lines.length + 1 + at, line, key)), "the lines are the venue's");
  return venue;
}

const RULES = { two_heads: twoHeads, two_chains: twoChains, omission, closed_key: closedKey, false_record: falseRecord, false_line: falseLine };

// Returns the actor that a file proves something against; a file that proves nothing ends as Refused.
export function judge(data) {
  begin("misbehaviour");
  must(data.length <= 64 * 2 ** 20 && data.subarray(0, FORMAT.length).equals(Buffer.from(FORMAT)) && data.at(-1) === 10, "is no such file");
  const body = data.subarray(FORMAT.length, -1);
  const file = strictJson(body, "file");
  must(Buffer.from(canonical(file)).equals(body), "is not canonical");
  exactly(file, ["session", "what", "founding", "found_by", "found_at", "evidence"], "file");
  must(Object.hasOwn(RULES, file.what), "an unknown rule");
  const record = new Record(file.session);
  record.founding = bytesOf(file.founding);
  record.take(record.founding, 0);
  begin("misbehaviour");
  const accused = RULES[file.what](record, file.evidence);
  return accused.includes("/") || !record.venues.has(accused) ? accused : `venue/${accused}`;
}
