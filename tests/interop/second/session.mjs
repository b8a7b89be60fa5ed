// docs/spec/kinds.md: what the lines of a record come to, entry by entry. Void entries change nothing.
import { checkBody, KINDS, PHASES } from "./bodies.mjs";
import { need, Void } from "./forms.mjs";
import { compare, fromText } from "./fractions.mjs";
import { canonical } from "./notation.mjs";
import { Panel } from "./panel.mjs";
import { keepRefusedKey, RULES } from "./rules.mjs";
import { Seals } from "./seals.mjs";
import { criteriaOf, RULEBOOKS } from "./tender.mjs";

const WHO = {
  "session.founded": "main", "venue.joined": "branch", "person.enrolled": "main branch", "rekey.allowed": "officer supervisor expert",
  "tender.published": "officer", "bid.sealed": "bidder", "bid.withdrawn": "bidder", "bids.closed": "main",
  "share.released": "main branch officer supervisor", "share.refused": "main branch officer supervisor", "bid.opened": "main",
  "bid.unopenable": "main", "opening.objected": "bidder", "opening.answered": "officer", "pool.sealed": "main",
  "nonce.sealed": "main branch supervisor", "draw.computed": "main", "invitation.answered": "main",
  "answer.witnessed": "supervisor operator", "draw.supplemented": "main", "declaration.signed": "expert", "chair.voted": "expert",
  "responsiveness.voted": "expert", "marks.dealt": "expert", "mark.sealed": "expert", "scoresheet.signed": "expert",
  "phase.ordered": "officer", "phase.moved": "main", "session.paused": "main officer", "session.resumed": "main officer", "pause.expired": "main",
  "member.replaced": "officer", "result.consolidated": "main", "mark.corrected": "expert", "result.confirmed": "expert",
  "refusal.noted": "expert", "report.issued": "main", "report.printed": "main branch", "record.stamped": "main branch",
  "supervisor.warned": "supervisor", "venue.absent": "main", "venue.returned": "main",
};

const WHEN = {
  "session.founded": "prepared", "tender.published": "prepared", "bid.sealed": "prepared", "bid.withdrawn": "prepared",
  "bids.closed": "prepared", "share.released": "prepared archived", "share.refused": "prepared archived", "bid.opened": "prepared",
  "bid.unopenable": "prepared", "opening.objected": "prepared opened", "opening.answered": "prepared drawn",
  "pool.sealed": "prepared opened", "nonce.sealed": "opened", "draw.computed": "opened", "invitation.answered": "opened scoring",
  "answer.witnessed": "opened reported", "draw.supplemented": "opened scoring", "declaration.signed": "drawn scoring",
  "chair.voted": "declared scoring", "responsiveness.voted": "responsiveness scoring", "marks.dealt": "responsiveness scoring",
  "mark.sealed": "scoring", "scoresheet.signed": "scoring", "member.replaced": "drawn scoring",
  "result.consolidated": "released consolidated", "mark.corrected": "released consolidated", "result.confirmed": "consolidated",
  "refusal.noted": "consolidated", "report.issued": "confirmed", "report.printed": "confirmed archived", "rekey.allowed": "drawn reported",
  "pause.expired": "opened consolidated",
};

const IN_A_PAUSE = new Set(["venue.joined", "person.enrolled", "rekey.allowed", "share.released", "share.refused", "answer.witnessed",
  "phase.ordered", "phase.moved", "session.resumed", "pause.expired", "record.stamped", "supervisor.warned", "venue.absent", "venue.returned"]);

const ENDS = ["archived", "failed", "re_formed"];

export class Session {
  constructor(record) {
    this.record = record;
    Object.assign(this, { id: record.session, phase: "prepared", passed: new Set(["prepared"]), paused: false, fault: null, offers: null, tender: null, closed: false });
    Object.assign(this, { people: new Map(), closedKeys: new Set(), bids: new Map(), objections: new Map(), orders: new Map() });
    Object.assign(this, { joined: new Set(), absent: new Set(), rekeys: new Set(), results: [], corrections: [], stances: new Map() });
    Object.assign(this, { pool: null, nonces: new Map(), lostNonces: [], draw: null, supplements: [], answers: new Map(), report: null, voids: [] });
    this.seals = new Seals(this);
    this.panel = new Panel(this);
  }

  get main() { return this.record.main; }

  get rules() { return RULEBOOKS[this.rulebook]; }

  move(phase) {
    this.phase = phase;
    this.passed.add(phase);
  }

  roleOf(author, kid) {
    const { owners, refused } = this.record;
    if (kid && !owners.has(kid)) return refused.get(kid).role;
    if (author === `venue/${this.main}`) return "main";
    return author.startsWith("venue/") ? "branch" : this.people.get(author)?.role;
  }

  // Takes a line that is authentic; returns the code where it may not count.
  take(line) {
    try {
      this.general(line);
      checkBody(line.entry.kind, line.entry.body);
      RULES[line.entry.kind](this, line.entry.body, line);
      return null;
    } catch (error) {
      if (!(error instanceof Void)) throw error;
      this.voids.push({ line, code: error.message });
      if (line.entry.kind === "person.enrolled" && error.message !== "repeated") keepRefusedKey(this, line);
      return error.message;
    }
  }

  general({ entry: { kind, author, seen }, kid, position, repeated }) {
    need(KINDS.includes(kind), "unknown_kind");
    need(WHO[kind].split(" ").includes(this.roleOf(author, kid)), "not_allowed");
    need(this.record.owners.has(kid) && !this.closedKeys.has(kid), "key_closed");
    need(!repeated, "repeated");
    const boxOpen = this.tender !== null && !this.closed;
    need(boxOpen || seen.size <= position, "seen_ahead");
    need(!this.paused || IN_A_PAUSE.has(kind), "session_paused");
    const [from, to] = (WHEN[kind] ?? "prepared reported").split(" ").map((phase) => PHASES.indexOf(phase));
    const [now, last] = [PHASES.indexOf(this.phase), to ?? from];
    if (now >= from && now <= last) return;
    need(!ENDS.includes(this.phase), "session_ended");
    need(now > last, "early");
    need(now < from, "late");
  }

  vectorIs(vector, line) {
    return canonical(vector) === canonical(line.vector);
  }

  // --- bids --------------------------------------------------------------------------------------------

  lotIds() { return this.tender.lots.map((lot) => lot.id); }

  bidsOf(lot, ...states) {
    const found = [...this.bids.values()].filter((bid) => bid.lot === lot && states.includes(bid.state));
    return found.sort((a, b) => a.label - b.label);
  }

  lotsToOpen() { return this.lotIds().filter((lot) => this.bidsOf(lot, "sealed", "opened", "unopenable").length >= this.rules.bidders); }

  lotsOpened() { return this.lotIds().filter((lot) => counted(this.bidsOf(lot, "opened")) >= this.rules.bidders); }

  reviewed() { return this.lotsOpened().flatMap((lot) => this.bidsOf(lot, "opened")); }

  overCeiling({ opened: { manifest } }) {
    return this.tender.ceiling != null && compare(fromText(manifest.sheet.price), fromText(this.tender.ceiling)) > 0;
  }

  left(lot) { return this.bidsOf(lot, "opened").filter((bid) => !this.panel.rejected(bid.id) && !this.overCeiling(bid)); }

  lotsEvaluated() { return this.lotsOpened().filter((lot) => counted(this.left(lot)) >= this.rules.responsive); }

  evaluated() { return this.lotsEvaluated().flatMap((lot) => this.left(lot)); }

  // --- draw and result ---------------------------------------------------------------------------------

  committers() {
    const venues = [...this.record.venues.keys()].map((venue) => `venue/${venue}`);
    return [...venues, ...this.tender.custody.nonces.custodians.filter((one) => this.people.get(one)?.role === "supervisor")];
  }

  allCommitted() { return this.committers().every((actor) => this.nonces.has(actor)); }

  get result() { return this.results.at(-1) ?? null; }

  get current() { return this.result !== null && this.result.after === this.corrections.length; }

  holds(condition) { return CONDITIONS[condition](this); }
}

// Bids of one brand are one; a bid without a brand is one by itself.
function counted(bids) {
  const brands = bids.map((bid) => bid.opened.manifest.sheet.brand ?? null);
  return brands.filter((brand) => brand === null).length + new Set(brands.filter((brand) => brand !== null)).size;
}

const all = (it, ...conditions) => conditions.every((condition) => it.holds(condition));

const CONDITIONS = {
  bids_closed: (it) => it.closed,
  bids_settled: (it) => !it.closed || it.lotsToOpen().every((lot) => it.bidsOf(lot, "sealed").length === 0),
  enough_bids: (it) => it.tender !== null && it.lotsOpened().length > 0,
  too_few_bids: (it) => all(it, "bids_closed", "bids_settled") && !it.holds("enough_bids"),
  draw_computed: (it) => it.draw !== null || it.panel.drawnMembers() === 0,
  seats_filled: (it) => [...it.panel.seats.values()].every((seat) => ["drawn", "accepted", "checked_in"].includes(seat.state)),
  all_checked_in: (it) => it.panel.seated().length === it.tender.panel.members,
  all_declared: (it) => it.holds("all_checked_in") && it.panel.seated().every((member) => member.declared),
  chair_elected: (it) => it.panel.chair !== null,
  responsiveness_decided: (it) => it.holds("all_declared")
    && it.panel.members().every((member) => it.reviewed().every((bid) => member.votes.has(bid.id))),
  enough_responsive: (it) => it.lotsEvaluated().length > 0,
  too_few_responsive: (it) => it.holds("responsiveness_decided") && !it.holds("enough_responsive"),
  all_sheets_in: (it) => it.holds("all_declared")
    && (!it.evaluated().length || !criteriaOf(it.tender).length || it.panel.members().every((member) => member.sheets.length > 0)),
  marks_opened: (it) => it.panel.members().every(({ sheets }) => !sheets.length
    || it.seals.enough(sheets.at(-1).recipient) || it.seals.lost(sheets.at(-1).recipient)),
  result_final: (it) => it.current && it.result.final,
  result_not_final: (it) => it.result !== null && !it.result.final && (it.current || it.rules.faults === null),
  all_confirmed: (it) => it.panel.members().every((member) => it.stances.has(member.person)),
  report_issued: (it) => it.report !== null,
};
