// docs/spec/tender.md: the shape of a tender and of its method, and what the rulebook forbids in them.
import { bytesOf, count, count0, custody, digest, fail, instant, isObject, label, need, object, oneOf, opt, positive, printable, text, unique, venue }
  from "./forms.mjs";
import { compare, fromText, isDecimal, mul, plus, whole } from "./fractions.mjs";

const HOUR = 3_600_000;
const faults = (before, during) => ({ before, during });
const procurement = { bidders: 3, responsive: 3, minimum: 5, large: "10000000.00", largeMinimum: 7, weight: { goods: 30, services: 10 },
  lowestOnly: true, bonus: false, faults: null, mostDrawn: Infinity };
const works = { ...procurement, responsive: 1, large: null, largeMinimum: 5, weight: {}, lowestOnly: false, bonus: true };
const rehearsal = { bidders: 1, responsive: 0, free: true, faults: null, mostDrawn: Infinity };
const second = { faults: faults(2 * HOUR, 4 * HOUR), mostDrawn: 21, membersNoteChair: true };

export const RULEBOOKS = {
  "procurement/1": procurement, "works/1": works, "rehearsal/1": rehearsal,
  "procurement/2": { ...procurement, ...second }, "works/2": { ...works, ...second }, "rehearsal/2": { ...rehearsal, ...second },
  "drill/1": { ...rehearsal, ...second, faults: faults(20_000, 30_000) },
};

const MINUTES = 24 * 60;

// --- method (evaluation-case.md) ----------------------------------------------------------------------

const between = (low, high, below = false) => (value) => {
  need(isDecimal(value), "not_a_decimal");
  const number = fromText(value);
  need(low === null || compare(number, low) >= 0, "out_of_bounds");
  need(high === null || (below ? compare(number, high) < 0 : compare(number, high) <= 0), "out_of_bounds");
};

const notBelow0 = between(whole(0), null);
const percentBelow100 = between(whole(0), whole(100), true);
const has = (value, name) => Object.hasOwn(value, name);
const ifThere = (value, name, form) => has(value, name) && form(value[name]);
const filled = (value, name) => has(value, name) && value[name] !== null;

function identifier(value) {
  need(typeof value === "string" && Array.from(value).length <= 128 && value.trim() !== "" && printable(value), "bad_identifier");
}

function namedText(value) {
  need(typeof value === "string" && Array.from(value).length <= 2000, "not_text");
}

function criterion(value) {
  need(isObject(value), "not_an_object");
  identifier(value.id);
  ifThere(value, "name", namedText);
  ifThere(value, "min", between(null, null));
  oneOf("subjective", "objective")(value.kind);
  between(fromText(has(value, "min") ? value.min : "0"), null)(value.max);
  if (filled(value, "step")) positive(value.step);
  ifThere(value, "factor", notBelow0);
}

const leftOut = (condition) => object({ high: count(0, 1000), low: count(0, 1000), [condition]: count(0, 1000) });

function price(value) {
  need(isObject(value), "not_an_object");
  oneOf("lowest_price", "mean_benchmark")(value.formula);
  notBelow0(value.max);
  if (value.formula === "lowest_price") return;
  if (filled(value, "drop")) leftOut("when_at_least")(value.drop);
  percentBelow100(value.reduction_percent);
  count(0, 12)(value.deviation_places);
  notBelow0(value.over_per_percent);
  notBelow0(value.under_per_percent);
  between(null, fromText(value.max))(value.floor);
}

function preference(value) {
  need(isObject(value), "not_an_object");
  need(has(value, "deduct_percent") || has(value, "score_bonus_percent"), "missing_key");
  ifThere(value, "deduct_percent", percentBelow100);
  ifThere(value, "score_bonus_percent", between(whole(0), whole(100)));
}

function method(value) {
  need(isObject(value), "not_an_object");
  oneOf("comprehensive", "lowest_price")(value.type);
  const scored = value.type === "comprehensive";
  if (scored) for (const name of ["rounding", "panel_mean", "criteria", "price", "ties"]) need(has(value, name), "missing_key");
  const part = (name, form) => (scored || filled(value, name)) && form(value[name]);
  count(1, 3)(value.candidates);
  part("rounding", object({ mode: oneOf("half_up", "half_even"), places: count(0, 12), when: oneOf("each_step", "total_only") }));
  part("panel_mean", (mean) => {
    object({ over: oneOf("member_total", "criterion") })(mean);
    if (filled(mean, "trim")) leftOut("when_more_than")(mean.trim);
  });
  ifThere(value, "absent_marks", oneOf("refuse", "skip"));
  part("criteria", (items) => {
    need(Array.isArray(items) && items.length <= 500, "not_a_list");
    items.forEach(criterion);
    unique(items.map((one) => one.id));
  });
  if (filled(value, "price")) price(value.price);
  ifThere(value, "preference", (granted) => {
    need(isObject(granted), "not_an_object");
    ifThere(granted, "small", preference);
    ifThere(granted, "joint_venture", preference);
  });
  part("ties", (names) => {
    need(Array.isArray(names) && names.length <= 3, "not_a_list");
    names.forEach(oneOf("evaluated_price", "bid_price", "subjective"));
    unique(names);
  });
}

export const criteriaOf = (tender) => tender.method.criteria ?? [];

// --- panel and tender ---------------------------------------------------------------------------------

function discipline(value) {
  object({ id: label, name: text(1, 300), members: count(0, 99) })(value);
  need(/^[A-Za-z0-9-]{1,40}$/.test(value.id), "bad_discipline_id");
  if (value.fallback == null) return;
  need(Array.isArray(value.fallback) && value.fallback.length >= 1 && value.fallback.length <= 8, "not_a_list");
  for (const one of value.fallback) need(typeof one === "string" && /^[A-Za-z0-9-]{1,40}$/.test(one), "bad_fallback");
  unique([value.id, ...value.fallback], "bad_fallback");
}

function panel(value) {
  object({ members: count(1, 99) })(value);
  object({ representatives: count(0, value.members), answer_minutes: opt(count(1, MINUTES)), weighted: opt(oneOf(true, false)) })(value);
  const drawn = value.members - value.representatives;
  for (const [name, form, key] of [["disciplines", discipline, "id"], ["seats", object({ venue, members: count(0, 99) }), "venue"]]) {
    const items = value[name];
    need(Array.isArray(items) && items.length <= 99, "not_a_list");
    items.forEach(form);
    unique(items.map((one) => one[key]));
    need(items.reduce((sum, one) => sum + one.members, 0) === drawn, "seat_sums");
  }
}

const list = (min, max, form) => (value) => {
  need(Array.isArray(value) && value.length >= min && value.length <= max, "not_a_list");
  value.forEach(form);
};

export function tender(value) {
  object({
    format: oneOf("bideval-tender/1"), number: text(1, 300), title: text(1, 300), procuring_entity: text(1, 300), agent: opt(text(0, 300)),
    category: oneOf("goods", "services", "works"), budget: opt(positive), ceiling: opt(positive), deadline: instant,
    lots: list(1, 50, object({ id: label, title: text(1, 300) })), method,
    requirements: list(0, 300, object({ id: label, text: text(1, 4000), clause: opt(text(0, 300)) })),
    documents: list(0, 100, object({ name: text(1, 300), sha256: digest, size: count0, media_type: text(1, 300) })), panel,
    custody: object({ bids: custody, marks: custody, identities: custody, nonces: custody }), decryption_minutes: count(1, MINUTES),
  })(value);
  unique(value.lots.map((one) => one.id));
  unique(value.requirements.map((one) => one.id));
}

// --- what the rulebook forbids ------------------------------------------------------------------------

export function refuseBreaches(value, book) {
  if (book.free) return;
  const { members, representatives } = value.panel;
  const large = book.large !== null && value.budget != null && compare(fromText(value.budget), fromText(book.large)) >= 0;
  need(members >= (large ? book.largeMinimum : book.minimum), "committee_size");
  need(members % 2 === 1, "committee_odd");
  need(3 * (members - representatives) >= 2 * members, "committee_experts");
  const kinds = ["small", "joint_venture"].map((name) => value.method.preference?.[name]).filter(Boolean);
  need(book.bonus || !kinds.some((one) => has(one, "score_bonus_percent")), "preference_bonus");
  if (value.method.type === "comprehensive") refusePrice(value, book);
}

function refusePrice({ method: { price: formula, criteria, panel_mean: { trim } }, category }, book) {
  if (formula) {
    need(!book.lowestOnly || formula.formula === "lowest_price", "price_formula");
    const full = criteria.reduce((sum, one) => plus(sum, mul(fromText(one.max), fromText(one.factor ?? "1"))), fromText(formula.max));
    const share = book.weight[category];
    need(share === undefined || compare(mul(fromText(formula.max), whole(100)), mul(whole(share), full)) >= 0, "price_weight");
  }
  need(!trim || trim.high + trim.low <= trim.when_more_than, "panel_mean_trim");
  const drop = formula?.formula === "mean_benchmark" ? formula.drop : null;
  if (drop) need(drop.high + drop.low < Math.max(drop.when_at_least, 1), "price_drop");
}

// Names so long that a mark could not hold them are refused, and custodians whom nobody knows.
export function refuseNames(session, value) {
  for (const one of criteriaOf(value)) need(bytesOf(one.id) <= 43, "name_too_long");
  for (const seats of value.panel.seats) need(session.record.venues.has(seats.venue), "unknown_venue");
  for (const { custodians } of Object.values(value.custody)) {
    for (const one of custodians) {
      const known = one.startsWith("venue/") ? session.record.venues.has(one.slice(6)) : session.people.get(one)?.recipient;
      if (!known) fail("custodian_unknown");
    }
  }
}
