// docs/spec/kinds.md: the refusals of each kind, and what an entry that counts changes.
import { checkBody, sameMark } from "./bodies.mjs";
import { bytesOf, instant, instantOf, need, object, reason, session as sessionForm, Void } from "./forms.mjs";
import { isOffer, mayBid, readContinued } from "./continued.mjs";
import { check, enrolled, jws } from "./keys.mjs";
import { canonical, exactly, hex, sha256, strictJson, unb64u } from "./notation.mjs";
import { leafHash } from "./checkpoint.mjs";
import { moveOf } from "./moves.mjs";
import { criteriaOf, refuseBreaches, refuseNames, tender as tenderForm } from "./tender.mjs";
import { Refused } from "./verdict.mjs";

// Runs what may refuse; a refusal makes the entry void.
function orVoid(code, work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) throw new Void(code);
    throw error;
  }
}

// --- venues and people -------------------------------------------------------------------------------

function founded(it, body, line) {
  need(line.position === 0, "already_founded");
  it.rulebook = body.rulebook;
  need(it.rules, "unknown_value");
  it.offers = it.rules.faults && body.continues != null ? readContinued(body.continues) : null;
  it.founding = hex(leafHash(line.bytes));
}

function joined(it, body, line) {
  need(!it.joined.has(line.origin), "already_joined");
  need(body.founding === it.founding, "other_founding");
  it.joined.add(line.origin);
}

function personEnrolled(it, body, line) {
  const before = it.people.get(body.person);
  need(body.role !== "officer" || line.origin === it.main, "enrolled_elsewhere");
  const known = orVoid("key_refused", () => enrolled(body.suite, unb64u(body.public, "public"), "a key"));
  orVoid("proof_refused", () => checkProof(it, body, line, known));
  need(!it.record.owners.has(known.kid), "key_known");
  if (before) replacing(it, body, line, before);
  else need(body.replaces == null, "key_unknown");
  if (body.role === "expert" && !before) checkIn(it, body, line);
  if (before) it.closedKeys.add(before.kid);
  it.record.own(known, body.person, line.origin);
  it.people.set(body.person, { role: body.role, origin: line.origin, kid: known.kid, ticket: body.ticket ?? null, recipient: body.recipient ?? null });
}

// A branch may have taken somebody in while its line was down: the key of a void enrolment stays known, if it was proven.
export function keepRefusedKey(it, line) {
  const { body, author } = line.entry;
  if (!author.startsWith("venue/")) return;
  try {
    checkBody(line.entry.kind, body);
    const known = enrolled(body.suite, unb64u(body.public, "public"), "a key");
    checkProof(it, body, line, known);
    it.record.refuse(known, body.person, line.origin, body.role);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Void)) throw error;
  }
}

function checkProof(it, body, line, known) {
  const proof = jws(body.proof);
  check(proof, known, "bideval-proof/1");
  const said = strictJson(proof.payload, "proof");
  exactly(said, ["session", "venue", "person", "role", "recipient"], "proof");
  const meant = { session: it.id, venue: line.origin, person: body.person, role: body.role, recipient: body.recipient ?? null };
  if (canonical(said) !== canonical(meant)) throw new Refused("another proof");
}

function replacing(it, body, line, before) {
  need(body.replaces === before.kid, "person_known");
  need(body.role === before.role && line.origin === before.origin && (body.ticket ?? null) === before.ticket, "person_differs");
  need((body.recipient ?? null) === before.recipient || !custodians(it).has(body.person), "recipient_differs");
  need(before.role !== "expert" || it.rekeys.has(before.kid), "second_role_missing");
}

function custodians(it) {
  return new Set(Object.values(it.tender?.custody ?? {}).flatMap((one) => one.custodians));
}

function checkIn(it, body, line) {
  need(body.seat.venue === line.origin, "seat_elsewhere");
  need(!it.passed.has("released"), "too_late_to_join");
  need(it.passed.has("drawn"), "not_drawn");
  if (body.ticket == null) {
    const seated = it.panel.seated().filter((member) => member.seat === null).length;
    need(line.origin === it.main && seated < it.tender.panel.representatives, "no_seat");
    it.panel.join(body.person, null);
    return;
  }
  const seat = it.panel.seatOf(body.ticket);
  need(seat && seat.venue === line.origin, "not_drawn");
  need(["drawn", "accepted"].includes(seat.state), "seat_taken");
  it.panel.join(body.person, seat.seat);
}

function rekeyAllowed(it, body, { entry, origin }) {
  need(it.panel.member(body.person), "not_seated");
  const person = it.people.get(body.person);
  need(person.kid === body.replaces, "key_unknown");
  const role = it.roleOf(entry.author);
  need(role !== "expert" || entry.author === body.person, "other_person");
  need(role !== "supervisor" || origin !== person.origin || custodians(it).has(entry.author), "not_independent");
  it.rekeys.add(body.replaces);
}

// --- tender and bids ---------------------------------------------------------------------------------

function published(it, { tender }) {
  need(it.tender === null, "tender_known");
  tenderForm(tender);
  refuseBreaches(tender, it.rules);
  need(tender.panel.members - tender.panel.representatives <= it.rules.mostDrawn, "too_many_drawn");
  refuseNames(it, tender);
  it.tender = tender;
}

function sealed(it, body, line) {
  const { entry } = line;
  need(it.tender, "no_tender");
  need(!it.closed, "late");
  need(it.lotIds().includes(body.lot), "unknown_lot");
  need(mayBid(it.offers, body.lot, entry.author), "not_opened_before");
  need(!it.bids.has(body.bid), "bid_known");
  need(criteriaOf(it.tender).every((one) => bytesOf(one.id) + bytesOf(body.bid) <= 55), "name_too_long");
  need(!it.bidsOf(body.lot, "sealed", "opened", "unopenable").some((bid) => bid.bidder === entry.author), "bid_live");
  it.seals.add(body.seal, "bid", entry.author);
  const bid = { id: body.bid, lot: body.lot, bidder: entry.author, ciphertext: body.ciphertext, seal: body.seal, origin: line.origin, position: line.position };
  it.bids.set(body.bid, { ...bid, state: "sealed", label: 0, opened: null, reason: null, absentThen: false });
}

function withdrawn(it, body, { entry }) {
  need(!it.closed, "late");
  const bid = it.bids.get(body.bid);
  need(bid && bid.bidder === entry.author && bid.state === "sealed", "unknown_bid");
  bid.state = "withdrawn";
}

function bidsClosed(it, body, line) {
  need(it.tender, "no_tender");
  need(!it.closed, "already_closed");
  need(instantOf(line.entry.at) >= instantOf(it.tender.deadline), "before_deadline");
  need(it.vectorIs(body.vector, line), "vector_differs");
  it.closed = true;
  it.closedAt = line.entry.at;
}

function pending(it, name) {
  need(it.closed, "too_early");
  const bid = it.bids.get(name);
  need(bid?.state === "sealed", "unknown_bid");
  return bid;
}

function opened(it, body) {
  const bid = pending(it, body.bid);
  need(it.seals.enough(bid.seal.recipient), "too_early");
  const { manifest } = body;
  const same = manifest.session === it.id && manifest.bid === bid.id && manifest.lot === bid.lot && manifest.bidder === bid.bidder;
  need(same && isOffer(it.offers, manifest), "manifest_differs");
  const label = 1 + [...it.bids.values()].filter((one) => one.state === "opened").length;
  Object.assign(bid, { state: "opened", opened: body, label });
}

function unopenable(it, body, line) {
  const bid = pending(it, body.bid);
  const over = instantOf(line.entry.at) >= instantOf(it.closedAt) + it.tender.decryption_minutes * 60_000;
  const waits = ["shares_missing", "ciphertext_missing", "ciphertext_differs"].includes(body.reason);
  need(over || !waits, "too_early");
  need(it.seals.enough(bid.seal.recipient) === (body.reason !== "shares_missing"), "too_early");
  Object.assign(bid, { state: "unopenable", reason: body.reason, absentThen: it.absent.has(bid.origin) });
}

function objected(it, body, { hash }) {
  need(it.closed, "too_early");
  it.objections.set(hash, false);
}

function answered(it, body) {
  need(it.objections.has(body.objection), "unknown_objection");
  need(!it.objections.get(body.objection), "already_answered");
  it.objections.set(body.objection, true);
}

// --- draw --------------------------------------------------------------------------------------------

function poolSealed(it, body) {
  need(!it.nonces.size && !it.lostNonces.length, "pool_fixed");
  it.pool = body;
}

function nonceSealed(it, body, { entry }) {
  const { author } = entry;
  need(it.pool, "no_pool");
  need(it.committers().includes(author), "not_committing");
  need(!it.nonces.has(author), "nonce_known");
  need(it.lostNonces.filter((actor) => actor === author).length < 3, "nonces_spent");
  it.seals.add(body.seal, "nonce", author);
  it.nonces.set(author, body);
}

function drawComputed(it, body, { entry }) {
  need(!it.draw, "already_drawn");
  need(it.allCommitted() && [...it.nonces.values()].every((nonce) => it.seals.enough(nonce.seal.recipient)), "too_early");
  const counts = (key, items) => items.reduce((all, one) => ({ ...all, [one[key]]: (all[one[key]] ?? 0) + 1 }), {});
  const wanted = (key, items) => Object.fromEntries(items.filter((one) => one.members).map((one) => [one[key], one.members]));
  const { disciplines, seats } = it.tender.panel;
  need(canonical(counts("discipline", body.panel)) === canonical(wanted("id", disciplines)), "strata_differ");
  need(canonical(counts("venue", body.panel)) === canonical(wanted("venue", seats)), "strata_differ");
  need(new Set(body.panel.map((seat) => seat.blinded)).size === body.panel.length, "ticket_spent");
  it.seals.add(body.names.seal, "identity", entry.author);
  it.draw = body;
  body.panel.forEach((seat) => it.panel.fill(seat, instantOf(entry.at)));
}

function invitation(it, { blinded, answer }, { entry, hash }) {
  const seat = it.panel.seatOf(blinded);
  need(seat, "not_drawn");
  const takenBack = seat.state === "accepted" && answer !== "accepted";
  need(seat.state === "drawn" || takenBack, "already_answered");
  const minutes = it.tender.panel.answer_minutes;
  const waits = answer === "no_answer" && !takenBack && minutes != null;
  need(!waits || instantOf(entry.at) >= seat.invited + minutes * 60_000, "too_early");
  seat.state = answer;
  it.answers.set(hash, { venue: seat.venue, answer, blinded, witnessed: false });
}

function witnessed(it, body, { entry, origin }) {
  const answer = it.answers.get(body.answer);
  need(answer, "unknown_answer");
  need(!answer.witnessed, "already_witnessed");
  const operator = it.roleOf(entry.author) === "operator";
  need(!operator || origin === answer.venue, "seat_elsewhere");
  answer.witnessed = !operator || origin !== it.main;
}

function supplemented(it, body, { entry }) {
  const seat = it.panel.seatOf(body.for);
  need(seat && ["declined", "no_answer", "vacated"].includes(seat.state), "seat_taken");
  const { panel } = body;
  need(panel.seat === seat.seat && panel.venue === seat.venue && panel.discipline === seat.discipline, "strata_differ");
  need(!it.panel.spent.has(panel.blinded), "ticket_spent");
  it.seals.add(body.names.seal, "identity", entry.author);
  it.supplements.push(body);
  it.panel.fill(panel, instantOf(entry.at));
}

// --- panel -------------------------------------------------------------------------------------------

function seated(it, author) {
  const member = it.panel.member(author);
  need(member, "not_seated");
  return member;
}

function declaredMember(it, author) {
  const member = seated(it, author);
  need(member.declared, "not_declared");
  return member;
}

function declaration(it, { recusal }, { entry }) {
  const member = seated(it, entry.author);
  need(!member.declared || recusal === "recuse", "already_declared");
  if (recusal === "recuse") it.panel.leave(entry.author);
  else member.declared = true;
  it.panel.elect();
}

function chairVoted(it, { round, candidate }, { entry }) {
  declaredMember(it, entry.author);
  need(it.panel.chair === null, "chair_known");
  need(round === it.panel.round, "other_round");
  need(!it.panel.chairVotes().has(entry.author), "already_voted");
  const member = it.panel.member(candidate);
  need(member?.declared, "not_seated");
  need(member.seat !== null, "representative_chair");
  it.panel.ballots.push({ round, voter: entry.author, candidate });
  it.panel.elect();
}

function voted(it, body, { entry }) {
  const member = declaredMember(it, entry.author);
  need(it.reviewed().some((bid) => bid.id === body.bid), "unknown_bid");
  need(body.requirement == null || it.tender.requirements.some((one) => one.id === body.requirement), "unknown_requirement");
  need(it.phase !== "scoring" || !member.votes.has(body.bid), "already_voted");
  member.votes.set(body.bid, body.verdict);
}

function dealt(it, body, { entry }) {
  declaredMember(it, entry.author);
  it.seals.add(body.seal, "marks", entry.author);
}

function markSeal(it, body, author) {
  const member = declaredMember(it, author);
  const found = it.seals.get(body.recipient);
  need(found && found.author === author && found.seal.purpose === "marks", "unknown_seal");
  need(!it.seals.lost(body.recipient), "seal_refused");
  need(body.counter > member.counter, "counter_not_rising");
  return member;
}

function markSealed(it, body, { entry }) {
  const member = markSeal(it, body, entry.author);
  need(it.reviewed().some((bid) => bid.id === body.bid) && !it.panel.rejected(body.bid), "unknown_bid");
  need(criteriaOf(it.tender).some((one) => one.id === body.criterion), "unknown_criterion");
  member.counter = body.counter;
  member.marks.push(body);
}

function sheetSigned(it, body, { entry }) {
  const member = markSeal(it, body, entry.author);
  member.counter = body.counter;
  member.sheets.push(body);
}

function replaced(it, body) {
  seated(it, body.person);
  it.panel.leave(body.person);
}

// --- procedure ---------------------------------------------------------------------------------------

function ordered(it, body, { hash }) {
  need(!it.paused || ["failed", "re_formed"].includes(body.to), "session_paused");
  need(body.from === it.phase, "other_phase");
  const move = moveOf(body.from, body.to);
  need(move, "no_such_move");
  need(move.order, "no_order_needed");
  const later = it.rules.faults !== null;
  need(!later || body.from !== "released" || body.to !== "archived" || given(body.reason), "reason_missing");
  if (later && body.to === "re_formed") {
    need(body.successor != null, "successor_missing");
    sessionForm(body.successor);
    need(body.successor !== it.id, "same_session");
  }
  it.orders.set(hash, body);
}

function moved(it, body, line) {
  need(!it.paused || ["failed", "re_formed"].includes(body.to), "session_paused");
  need(body.from === it.phase, "other_phase");
  const move = moveOf(body.from, body.to);
  need(move, "no_such_move");
  if (body.order == null) need(!move.order || (move.unless !== null && it.holds(move.unless)), "order_missing");
  else {
    const order = it.orders.get(body.order);
    need(order && order.from === body.from && order.to === body.to, "order_missing");
  }
  need(move.needs.every((condition) => it.holds(condition)), "conditions_missing");
  need(it.vectorIs(body.vector, line), "vector_differs");
  it.move(body.to);
}

const given = (text) => typeof text === "string" && !/^\p{White_Space}*$/u.test(text);

// --- phases.md, Faults ---------------------------------------------------------------------------------

const LAST_INSTANT = Date.UTC(9999, 11, 31);
const BEFORE = ["opened", "drawn", "checked_in", "declared", "chaired"];
const DURING = ["responsiveness", "scoring", "released", "consolidated"];

function paused(it, body, { entry }) {
  let fault = null;
  if (it.rules.faults && body.fault != null) {
    object({ since: instant })(body.fault);
    const since = instantOf(body.fault.since);
    need(since <= instantOf(entry.at), "fault_ahead");
    const during = DURING.includes(it.phase);
    const limit = during ? it.rules.faults.during : BEFORE.includes(it.phase) ? it.rules.faults.before : null;
    fault = { due: limit === null ? null : Math.min(since + limit, LAST_INSTANT), during, expired: false };
  }
  Object.assign(it, { paused: true, fault });
}

function resumed(it, body, { entry }) {
  need(it.paused, "not_paused");
  const { fault } = it;
  if (fault && fault.due !== null && (fault.expired || instantOf(entry.at) >= fault.due)) {
    need(!fault.during, "limit_passed");
    need(body.decision, "decision_missing");
    reason(body.decision);
  }
  Object.assign(it, { paused: false, fault: null });
}

function expired(it, body, { entry }) {
  need(it.paused, "not_paused");
  const { fault } = it;
  need(fault && fault.due !== null, "no_limit");
  need(!fault.expired, "already_expired");
  need(instantOf(body.due) === fault.due, "due_differs");
  need(instantOf(entry.at) >= fault.due, "before_limit");
  fault.expired = true;
}

// --- result ------------------------------------------------------------------------------------------

function consolidated(it, body, { position }) {
  need(it.holds("marks_opened"), "too_early");
  need(body.version === it.results.length + 1, "version_differs");
  need(canonical(Object.keys(body.lots).sort()) === canonical(it.lotsEvaluated().sort()), "lots_differ");
  need(hex(sha256(canonical(body.lots))) === body.digest, "digest_differs");
  it.results.push({ ...body, position, after: it.corrections.length });
  it.stances.clear();
}

function corrected(it, body, { entry }) {
  declaredMember(it, entry.author);
  const known = it.evaluated().some((bid) => bid.id === body.bid) && criteriaOf(it.tender).some((one) => one.id === body.criterion);
  need(known, "unknown_item");
  const last = it.corrections.findLast((one) => one.member === entry.author && one.bid === body.bid && one.criterion === body.criterion);
  need(!last || sameMark(last.after, body.before), "before_differs");
  it.corrections.push({ member: entry.author, ...body });
}

function confirmed(it, body, { entry }) {
  declaredMember(it, entry.author);
  need(it.result && body.digest === it.result.digest, "digest_differs");
  need(it.holds("result_final"), "not_final");
  it.stances.set(entry.author, body.stance);
}

function noted(it, body, { entry }) {
  const ofChair = it.rules.membersNoteChair && body.person === it.panel.chair && it.panel.member(entry.author)?.declared === true;
  need(entry.author === it.panel.chair || ofChair, "not_chair");
  need(it.panel.member(body.person)?.declared, "not_seated");
  need((it.stances.get(body.person) ?? "noted") === "noted", "already_signed");
  it.stances.set(body.person, "noted");
}

function reported(it, body, { position }) {
  need(!it.report, "report_known");
  need(it.result && body.digest === it.result.digest, "digest_differs");
  need(it.holds("result_final"), "not_final");
  need(body.head.size <= position, "head_ahead");
  it.report = { ...body, position };
}

function absent(it, body) {
  need(it.record.venues.has(body.venue) && body.venue !== it.main, "unknown_venue");
  need(!it.absent.has(body.venue), "already_absent");
  it.absent.add(body.venue);
}

function returned(it, body) {
  need(it.record.venues.has(body.venue) && body.venue !== it.main, "unknown_venue");
  need(it.absent.has(body.venue), "not_absent");
  it.absent.delete(body.venue);
}

export const RULES = {
  "session.founded": founded, "venue.joined": joined, "person.enrolled": personEnrolled, "rekey.allowed": rekeyAllowed,
  "tender.published": published, "bid.sealed": sealed, "bid.withdrawn": withdrawn, "bids.closed": bidsClosed,
  "share.released": (it, body, { entry, position }) => it.seals.release(body, entry.author, position),
  "share.refused": (it, body, { entry }) => it.seals.refuse(body, entry.author),
  "bid.opened": opened, "bid.unopenable": unopenable, "opening.objected": objected, "opening.answered": answered,
  "pool.sealed": poolSealed, "nonce.sealed": nonceSealed, "draw.computed": drawComputed, "invitation.answered": invitation,
  "answer.witnessed": witnessed, "draw.supplemented": supplemented, "declaration.signed": declaration, "chair.voted": chairVoted,
  "responsiveness.voted": voted, "marks.dealt": dealt, "mark.sealed": markSealed, "scoresheet.signed": sheetSigned,
  "phase.ordered": ordered, "phase.moved": moved, "session.paused": paused, "session.resumed": resumed, "pause.expired": expired,
  "member.replaced": replaced, "result.consolidated": consolidated, "mark.corrected": corrected, "result.confirmed": confirmed,
  "refusal.noted": noted, "report.issued": reported, "report.printed": (it) => need(it.report, "no_report"),
  "record.stamped": (it, body, { position }) => need(body.head.size <= position, "head_ahead"),
  "supervisor.warned": () => {}, "venue.absent": absent, "venue.returned": returned,
};
