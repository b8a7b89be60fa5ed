// docs/spec/bundle.md section 2: the numbered steps.
import { checkBids } from "./bids.mjs";
import { leafHash, mainKey, noteSigners, readNote, treeRoot, branchKeys } from "./checkpoint.mjs";
import { unpack } from "./container.mjs";
import { checkDraw } from "./draw.mjs";
import { hex } from "./notation.mjs";
import { Record } from "./record.mjs";
import { Session } from "./session.mjs";
import { checkResult } from "./sheets.mjs";
import { begin, current, must, Refused } from "./verdict.mjs";

// Steps 2 and 3 in one pass: a signature that does not hold counts first; then what stopped the fold; then what main
// must not have done.
function fold(bundle) {
  const record = new Record(bundle.manifest.session);
  const session = new Session(record);
  const lines = [];
  let [stopped, against] = [null, null];
  for (const [position, bytes] of bundle.lines.entries()) {
    try {
      lines.push(record.take(bytes, position));
    } catch (fault) {
      if (!(fault instanceof Refused) || current() === "signatures") throw fault;
      stopped = fault;
      break;
    }
    const line = lines.at(-1);
    const code = session.take(line);
    if (code && position === 0) stopped = new Refused(`fold: the founding entry: ${code}`);
    if (code && line.entry.author === `venue/${session.main}`) against ??= `line ${position} ${line.entry.kind} of main is void: ${code}`;
    if (stopped) break;
  }
  begin("fold");
  if (stopped) throw stopped;
  must(!against, against);
  must(lines.length > 0, "the record is empty");
  return { record, session, lines };
}

function filesNamed({ entry: { kind, body } }) {
  const parts = {
    "bid.sealed": () => [body.ciphertext], "pool.sealed": () => [body.file], "report.issued": () => [body.file],
    "tender.published": () => (Array.isArray(body.tender?.documents) ? body.tender.documents : []),
  }[kind]?.() ?? [];
  return parts.filter((one) => typeof one?.sha256 === "string" && Number.isSafeInteger(one.size)).map((one) => one.sha256);
}

function checkTree(bundle, record, lines) {
  begin("tree");
  const { manifest } = bundle;
  const note = readNote(bundle.note, record.session);
  must(noteSigners(note, mainKey(record)).has(null), "main did not sign the checkpoint");
  const root = treeRoot(bundle.lines.map(leafHash));
  must(note.size === bundle.lines.length && manifest.size === note.size, "the sizes differ");
  must(root.equals(note.root) && hex(root) === manifest.root, "the roots differ");
  must(manifest.main === record.main, "the manifest names another main");
  must(record.venues.has(manifest.exported_by), "a stranger exported the bundle");
  const named = new Set(lines.flatMap(filesNamed));
  const missing = [...named].filter((name) => !bundle.files.has(name)).sort();
  must([...bundle.files.keys()].every((name) => named.has(name)), "a file is here that no entry names");
  must(manifest.absent.join() === missing.join(), "other files are absent than the manifest says");
  return { note, root };
}

function checkCosignatures(note, { record, session }) {
  begin("cosignatures");
  const signers = noteSigners(note, branchKeys(record));
  const missing = [...session.joined].filter((venue) => !session.absent.has(venue) && !signers.has(venue));
  must(missing.length === 0, `missing: ${missing.join()}`);
  must(session.joined.size === 0 || signers.size > 0, "no branch co-signed");
  return [...signers].sort();
}

function checkConfirmations(session) {
  begin("confirmations");
  if (!session.passed.has("confirmed")) return;
  const silent = session.panel.members().filter(({ person }) => !session.stances.has(person));
  must(silent.length === 0, `no stance of ${silent.map(({ person }) => person).join()}`);
}

function checkReport(bundle, session) {
  begin("report");
  const { report } = session;
  if (!report) return;
  const file = bundle.files.get(report.file.sha256);
  must(file, "the report is not in the bundle");
  must(report.digest === session.result.digest, "the report is about another result");
  const { size, root } = report.head;
  must(size <= report.position && hex(treeRoot(bundle.lines.slice(0, size).map(leafHash))) === root, "the report has another head");
}

// Steps 1 to 4, which another bundle has to pass too.
export function readBundle(data) {
  const bundle = unpack(data);
  const folded = fold(bundle);
  return { bundle, ...folded, ...checkTree(bundle, folded.record, folded.lines) };
}

export function checkAll(read) {
  const { bundle, session, record, note, root } = read;
  const cosigned = checkCosignatures(note, read);
  const bids = checkBids(bundle, session);
  const draw = checkDraw(bundle, session);
  const result = checkResult(session);
  checkConfirmations(session);
  checkReport(bundle, session);
  return {
    session: record.session, root: hex(root), size: note.size, cosigned, phase: session.phase, bids,
    void: session.voids.map(({ line, code }) => ({ position: line.position, code })),
    seed: draw?.seed ?? null, names: draw?.names ?? 0, result,
  };
}
