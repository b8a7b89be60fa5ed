// docs/spec/bodies.md: the shape of the body of every kind. A body of another shape makes its entry void.
import { actor, bytes, count, count0, decimal, digest, fail, instant, isObject, label, list, mapOf, need, object, oneOf, opt, orNull, person, printable,
  reason, recipient, remark, seal, session, text, unique, venue, within } from "./forms.mjs";
import { compare, fromText } from "./fractions.mjs";

export const PHASES = ["prepared", "opened", "drawn", "checked_in", "declared", "chaired", "responsiveness", "scoring", "released",
  "consolidated", "confirmed", "reported", "archived", "failed", "re_formed"];
const UNOPENABLE = ["shares_missing", "shares_do_not_fit", "ciphertext_missing", "ciphertext_differs", "does_not_decrypt",
  "package_malformed", "manifest_differs"];
const MAX_COUNTER = 2 ** 31 - 1;

const phase = oneOf(...PHASES);
const file = object({ sha256: digest, size: count(0, 4 * 1024 ** 3) });
const vector = mapOf(venue, object({ n: count0, chain: digest }));
const name128 = text(1, 128);
const names = object({ ciphertext: bytes(32_768), seal });
const drawnSeat = object({
  seat: count(1, 99), blinded: digest, discipline: label, class: opt(label), venue, ticket: digest, for_venue: bytes(16_384),
});
const excluded = (value) => {
  mapOf(() => {}, count(1))(value);
  need(Object.keys(value).length <= 40, "wrong_count");
};

const either = (when, member = "reason") => (body) => {
  if (when(body)) object({ [member]: reason })(body);
  else remark(body[member]);
};
const stops = ({ to }) => ["failed", "re_formed"].includes(to);

export const sameMark = (left, right) => (left === null || right === null ? left === right : compare(fromText(left), fromText(right)) === 0);

const SHAPES = {
  "session.founded": [object({
    title: text(1, 300), rulebook: label, main: venue,
    venues: list(1, 32, object({ id: venue, name: text(1, 200), suite: label, public: bytes(128), recipient, url: text(0, 300) })),
  }), ({ venues, main }) => {
    unique(venues.map((one) => one.id), "duplicate_venue");
    unique(venues.map((one) => one.public), "duplicate_key");
    need(venues.some((one) => one.id === main), "unknown_venue");
  }],
  "venue.joined": [object({ founding: digest })],
  "person.enrolled": [object({
    person, role: oneOf("officer", "bidder", "supervisor", "operator", "expert"), suite: label, public: bytes(128), recipient: opt(recipient),
    proof: text(1, 2000), replaces: opt(text(1, 200)), ticket: opt(digest), checked_by: opt(person),
  }), expertSeat],
  "rekey.allowed": [object({ person, replaces: text(1, 200), reason })],
  "tender.published": [object({ tender: (value) => need(isObject(value), "not_an_object") })],
  "bid.sealed": [object({ bid: label, lot: label, ciphertext: file, seal })],
  "bid.withdrawn": [object({ bid: label })],
  "bids.closed": [object({ vector })],
  "share.released": [object({ recipient: name128, custodian: actor, share: bytes(512) })],
  "share.refused": [object({ recipient: name128, custodian: actor, reason: oneOf("does_not_open", "is_another") })],
  "bid.opened": [object({ bid: label, sha256: digest, manifest: manifestForm })],
  "bid.unopenable": [object({ bid: label, reason: oneOf(...UNOPENABLE), detail: remark })],
  "opening.objected": [object({ text: reason })],
  "opening.answered": [object({ objection: digest, text: reason })],
  "pool.sealed": [object({ file, root: digest, count: count(1, 1_000_000), eligible: count0, excluded: opt(excluded) }),
    (body) => need([body.eligible, ...Object.values(body.excluded ?? {})].every((one) => one <= body.count), "out_of_range")],
  "nonce.sealed": [object({ commitment: digest, ciphertext: bytes(4096), seal })],
  "draw.computed": [object({ seed: digest, panel: list(0, 99, drawnSeat), names }),
    (body) => need(body.panel.every((seat, at) => seat.seat === at + 1), "seat_number")],
  "draw.supplemented": [object({ reason, for: digest, panel: drawnSeat, names })],
  "invitation.answered": [object({ blinded: digest, answer: oneOf("accepted", "declined", "no_answer") })],
  "answer.witnessed": [object({ answer: digest, how: reason })],
  "declaration.signed": [object({ discipline: oneOf(true), recusal: oneOf("none", "recuse") }), either(({ recusal }) => recusal === "recuse")],
  "chair.voted": [object({ round: count(1, 20), candidate: person })],
  "responsiveness.voted": [object({ bid: label, verdict: oneOf("responsive", "unresponsive"), requirement: opt(label) }),
    either(({ verdict }) => verdict === "unresponsive")],
  "marks.dealt": [object({ seal })],
  "mark.sealed": [object({ bid: label, criterion: name128, counter: count(1, MAX_COUNTER), recipient: name128, ciphertext: bytes(1024) })],
  "scoresheet.signed": [object({ recipient: name128, counter: count(1, MAX_COUNTER), ciphertext: bytes(45_000) })],
  "phase.ordered": [object({ from: phase, to: phase }), either(stops)],
  "phase.moved": [object({ from: phase, to: phase, vector, order: opt(digest) }), either(stops)],
  "session.paused": [object({ reason })],
  "session.resumed": [object({ reason })],
  "pause.expired": [object({ due: instant })],
  "member.replaced": [object({ person, ground: oneOf("absent", "recusal", "illness", "line", "discipline"), reason, by: opt(person) })],
  "result.consolidated": [object({
    version: count(1, 10_000), lots: mapOf(label, (lot) => need(isObject(lot), "not_an_object")), digest, final: oneOf(true, false),
  }), ({ lots, final }) => {
    need(Object.keys(lots).length > 0, "too_short");
    need(final === Object.values(lots).every((lot) => lot.final === true), "final_differs");
  }],
  "mark.corrected": [object({
    bid: label, criterion: name128, before: orNull(decimal), after: orNull(decimal), reason,
    ground: oneOf("out_of_range", "addition", "objective", "abnormal", "missing"),
  }), ({ before, after }) => need(!sameMark(before, after), "nothing_changes")],
  "result.confirmed": [object({ digest, stance: oneOf("agree", "dissent", "refuse") }), either(({ stance }) => stance === "dissent", "reasons")],
  "refusal.noted": [object({ person, note: reason })],
  "report.issued": [object({ file, digest, head: object({ size: count0, root: digest }) })],
  "record.stamped": [object({ head: object({ size: count(1), root: digest }), response: bytes(16_384) })],
  "report.printed": [object({ copies: count(1, 1000) })],
  "supervisor.warned": [object({ text: reason })],
  "venue.absent": [object({ venue, since: instant })],
  "venue.returned": [object({ venue, since: instant })],
};

function expertSeat({ role, seat, person: own, ticket }) {
  if (role !== "expert") need(seat == null, "seat_without_expert");
  else {
    object({ venue, name: person })(seat);
    need(seat.name === own && own.startsWith(`${seat.venue}-`), "seat_name");
  }
  need(ticket == null || seat != null, "ticket_without_seat");
}

// --- bid-package.md section 2 ------------------------------------------------------------------------

export function manifestForm(value) {
  object({
    session, bid: label, lot: label, bidder: person, files: list(0, 100, packedFile),
    sheet: object({
      bidder_name: text(1, 200), price: within(0, null), size: oneOf("large", "medium", "small", "micro"), duration: text(1, 200),
      small_share_percent: opt(within(0, 100)), brand: opt(text(1, 200)), remarks: text(0, 1000),
    }),
  })(value);
  unique(value.files.map((one) => one.name), "duplicate_name");
}

function packedFile(value) {
  object({ name: text(1, 120), size: count(0, 2 ** 31), sha256: digest, media_type: text(1, 4000) })(value);
  const { name, media_type } = value;
  need(printable(name) && !/^[. ]|[/\\]| $/.test(name), "bad_file_name");
  if (!/^[a-z]{2,20}\/[a-z0-9][a-z0-9.+-]{0,99}$/.test(media_type)) fail("bad_media_type");
}

export function checkBody(kind, body) {
  for (const form of SHAPES[kind]) form(body);
}

export const KINDS = Object.keys(SHAPES);
