// docs/spec/marks.md section 2 and bundle.md step 8: sheets opened, corrected, evaluated.
import { sameMark } from "./bodies.mjs";
import { evaluate } from "./evaluation.mjs";
import { isDecimal } from "./fractions.mjs";
import { canonical, hex, sha256, strictJson, unb64u } from "./notation.mjs";
import { ageDecrypt } from "./seal.mjs";
import { begin, must, Refused } from "./verdict.mjs";

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isMark = (value) => value === null || isDecimal(value);

// The marks of a sheet as a map of maps, or null where it does not open or is none.
function openSheet(session, { person, sheets }) {
  const sheet = sheets.at(-1);
  const identity = sheet && session.seals.open(sheet.recipient, session.result.position);
  const plain = identity && ageDecrypt(identity, unb64u(sheet.ciphertext, "sheet"));
  if (!plain || plain.length % 1024 || plain.length > 262_144) return null;
  let found;
  try {
    found = strictJson(plain, "sheet");
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
  const good = isObject(found) && found.format === "bideval-scoresheet/1" && found.session === session.id
    && found.member === person && typeof found.pad === "string" && /^0*$/.test(found.pad) && isObject(found.marks)
    && Object.values(found.marks).every((row) => isObject(row) && Object.values(row).every(isMark));
  return good ? new Map(Object.entries(found.marks).map(([bid, row]) => [bid, new Map(Object.entries(row))])) : null;
}

// A correction whose `before` is not the mark at that moment is left out.
function correct(sheets, corrections) {
  for (const { member, bid, criterion, before, after } of corrections) {
    if (!sheets.has(member)) sheets.set(member, new Map());
    const sheet = sheets.get(member);
    if (!sheet.has(bid)) sheet.set(bid, new Map());
    const row = sheet.get(bid);
    if (sameMark(row.get(criterion) ?? null, before)) row.set(criterion, after);
  }
}

// One lot's case: bids as they were opened, members as they checked in.
export function paperOf(session, lot, sheets) {
  const { tender } = session;
  const bids = session.bidsOf(lot, "opened").map((bid) => {
    const { price, size, small_share_percent } = bid.opened.manifest.sheet;
    return { id: bid.id, price, size, small_share_percent, valid: !session.panel.rejected(bid.id) };
  });
  const members = session.panel.members().map(({ person }) => ({ id: person }));
  const scoresheets = [...sheets].map(([member, marks]) => ({ member, marks }));
  return { tender: { category: tender.category, ceiling: tender.ceiling ?? null }, method: tender.method, bids, members, scoresheets };
}

export function checkResult(session) {
  begin("result");
  const { result } = session;
  if (!result) return null;
  const opened = session.panel.members().map((member) => [member.person, openSheet(session, member)]);
  const sheets = new Map(opened.filter(([, marks]) => marks));
  correct(sheets, session.corrections.slice(0, result.after));
  const lots = Object.fromEntries(session.lotsEvaluated().map((lot) => [lot, evaluate(paperOf(session, lot, sheets))]));
  const [own, stated] = [canonical(lots), canonical(result.lots)];
  must(own === stated, `version ${result.version} is another result`);
  must(hex(sha256(own)) === result.digest, "the digest is another one");
  must(Object.values(lots).every((lot) => lot.final) === result.final, "final is another one");
  return lots;
}
