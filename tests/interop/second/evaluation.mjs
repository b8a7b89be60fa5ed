// docs/spec/evaluation-case.md and result.md: a case gives a result, in exact fractions.
import { compare, div, fromText, magnitude, minus, mul, plus, rounded, toText, total, whole } from "./fractions.mjs";
import { must } from "./verdict.mjs";

const HUNDRED = whole(100);
const share = (percent) => div(fromText(percent), HUNDRED);

// Returns a bideval-result/1 as an object. Bids, members and sheets are lists in the order of the case; the marks of a sheet
// are a map from bid to a map from criterion to decimal text or null.
export function evaluate(paper) {
  const { method, tender } = paper;
  const over = (bid) => tender.ceiling != null && compare(fromText(bid.price), fromText(tender.ceiling)) > 0;
  const competing = paper.bids.filter((bid) => bid.valid !== false && !over(bid));
  const findings = paper.bids.filter(over).map((bid) => ({ kind: "over_ceiling", bid: bid.id }));
  const prices = new Map(competing.map((bid) => [bid.id, evaluatedPrice(bid, method.preference ?? {})]));
  const lines = method.type === "lowest_price"
    ? lowestPrice(competing, prices)
    : comprehensive(paper, competing, prices, findings);
  const final = findings.every((one) => one.kind === "over_ceiling");
  const place = (bid) => lines.lines.get(bid.id)?.rank;
  const recommended = competing.filter((bid) => final && place(bid) <= method.candidates);
  recommended.sort((a, b) => place(a) - place(b));
  return {
    format: "bideval-result/1",
    final,
    benchmark_price: lines.benchmark === null ? null : toText(lines.benchmark, 2),
    bids: Object.fromEntries(paper.bids.map((bid) => [bid.id, lines.lines.get(bid.id) ?? { valid: false, rank: null }])),
    candidates: recommended.map((bid) => bid.id),
    findings,
  };
}

function granted(bid, preference) {
  if (["small", "micro"].includes(bid.size)) return preference.small ?? null;
  const part = bid.small_share_percent;
  return part != null && compare(fromText(part), whole(30)) >= 0 ? preference.joint_venture ?? null : null;
}

function evaluatedPrice(bid, preference) {
  const deduct = granted(bid, preference)?.deduct_percent ?? "0";
  return rounded(mul(fromText(bid.price), minus(whole(1), share(deduct))), 2, "half_up");
}

function ranks(ids, before) {
  return new Map(ids.map((id) => [id, 1 + ids.filter((other) => before(other, id) < 0).length]));
}

function lowestPrice(competing, prices) {
  const ids = competing.map((bid) => bid.id);
  const rank = ranks(ids, (a, b) => compare(prices.get(a), prices.get(b)));
  const lines = ids.map((id) => [id, { valid: true, evaluated_price: toText(prices.get(id), 2), rank: rank.get(id) }]);
  return { lines: new Map(lines), benchmark: null };
}

function comprehensive(paper, competing, prices, findings) {
  const { method } = paper;
  const eachStep = method.rounding.when === "each_step";
  const { places, mode } = method.rounding;
  const round = (value) => rounded(value, places, mode);
  const step = (value) => (eachStep ? round(value) : value);
  const benchmark = method.price && competing.length ? benchmarkOf(method.price, [...prices.values()]) : null;
  const scores = new Map(competing.map((bid) => [bid.id, priceScore(method, bid, prices.get(bid.id), benchmark, step)]));
  const panel = new Panel(paper);
  competing.forEach((bid) => panel.look(bid, findings));
  const stopped = findings.some((one) => one.kind !== "over_ceiling");
  const means = new Map(competing.map((bid) => [bid.id, stopped ? null : panel.mean(bid, step)]));
  const objectives = new Map(competing.map((bid) => [bid.id, stopped ? null : panel.objective(bid)]));
  const totals = new Map(competing.map((bid) => [bid.id, stopped ? null
    : round(total([means.get(bid.id), objectives.get(bid.id), scores.get(bid.id) ?? whole(0)]))]));
  const rank = stopped ? new Map() : ranks(competing.map((bid) => bid.id), (a, b) => {
    const [left, right] = [a, b].map((id) => competing.find((bid) => bid.id === id));
    const keys = {
      evaluated_price: () => compare(prices.get(a), prices.get(b)),
      bid_price: () => compare(fromText(left.price), fromText(right.price)),
      subjective: () => compare(means.get(b), means.get(a)),
    };
    return [() => compare(totals.get(b), totals.get(a)), ...method.ties.map((name) => keys[name])].reduce((so, key) => so || key(), 0);
  });
  const lines = competing.map(({ id }) => [id, {
    valid: true,
    evaluated_price: toText(prices.get(id), 2),
    price_score: eachStep && scores.get(id) !== null ? toText(scores.get(id), places) : null,
    panel_mean: eachStep && !stopped ? toText(means.get(id), places) : null,
    objective: stopped ? null : toText(objectives.get(id), places),
    total: stopped ? null : toText(totals.get(id), places),
    rank: stopped ? null : rank.get(id),
  }]);
  return { lines: new Map(lines), benchmark };
}

// Leaves out the highest and the lowest, where there are enough.
function trimmed(values, high, low, applies) {
  const sorted = [...values].sort(compare);
  const kept = applies ? sorted.slice(low, Math.max(low, sorted.length - high)) : sorted;
  must(kept.length > 0, "nothing is left to average");
  return div(total(kept), whole(kept.length));
}

function benchmarkOf(price, values) {
  if (price.formula === "lowest_price") return [...values].sort(compare)[0];
  const { drop } = price;
  const mean = trimmed(values, drop?.high ?? 0, drop?.low ?? 0, drop != null && values.length >= drop.when_at_least);
  return rounded(mul(mean, minus(whole(1), share(price.reduction_percent))), 2, "half_up");
}

function priceScore(method, bid, evaluated, benchmark, step) {
  const { price } = method;
  if (!price) return null;
  const max = fromText(price.max);
  let score;
  if (price.formula === "lowest_price") {
    score = mul(div(benchmark, evaluated), max);
  } else {
    const exact = mul(div(minus(evaluated, benchmark), benchmark), HUNDRED);
    const deviation = rounded(exact, price.deviation_places, "half_up");
    const rate = fromText(compare(deviation, whole(0)) > 0 ? price.over_per_percent : price.under_per_percent);
    score = minus(max, mul(magnitude(deviation), rate));
    if (compare(score, fromText(price.floor)) < 0) score = fromText(price.floor);
  }
  const bonus = granted(bid, method.preference ?? {})?.score_bonus_percent;
  const first = step(score);
  return bonus == null ? first : step(mul(first, plus(whole(1), share(bonus))));
}

class Panel {
  constructor(paper) {
    this.method = paper.method;
    this.members = paper.members.filter((member) => (member.status ?? "seated") === "seated").map((member) => member.id);
    this.sheets = new Map(paper.scoresheets.map((sheet) => [sheet.member, sheet.marks]));
    this.subjective = paper.method.criteria.filter((one) => one.kind === "subjective");
    this.skip = paper.method.absent_marks === "skip";
  }

  // The mark of a member, or null where it is absent.
  mark(member, bid, criterion) {
    const text = this.sheets.get(member)?.get(bid.id)?.get(criterion.id) ?? null;
    return text === null ? null : fromText(text);
  }

  marks(bid, criterion) {
    return this.members.map((member) => this.mark(member, bid, criterion)).filter((mark) => mark !== null);
  }

  needed(bid, criterion) {
    if (!this.skip) return true;
    if (criterion.kind === "objective" || this.method.panel_mean.over === "criterion") return this.marks(bid, criterion).length === 0;
    return this.totals(bid).length === 0;
  }

  look(bid, findings) {
    for (const criterion of this.method.criteria) {
      const needed = this.needed(bid, criterion);
      for (const member of this.members) {
        const kind = wrong(this.mark(member, bid, criterion), criterion, needed);
        if (kind) findings.push({ kind, bid: bid.id, criterion: criterion.id, member });
      }
      const marks = this.marks(bid, criterion);
      if (criterion.kind === "objective" && marks.some((mark) => compare(mark, marks[0]) !== 0)) {
        findings.push({ kind: "objective_inconsistent", bid: bid.id, criterion: criterion.id });
      }
    }
  }

  weighted = (mark, criterion) => mul(mark, fromText(criterion.factor ?? "1"));

  totals(bid) {
    const all = this.members.map((member) => this.subjective.map((one) => {
      const mark = this.mark(member, bid, one);
      return mark === null ? null : this.weighted(mark, one);
    }));
    return all.filter((marks) => !marks.includes(null)).map(total);
  }

  mean(bid, step) {
    if (!this.subjective.length) return whole(0);
    const { over, trim } = this.method.panel_mean;
    const mean = (values) => trimmed(values, trim?.high ?? 0, trim?.low ?? 0, trim != null && values.length > trim.when_more_than);
    if (over === "member_total") return step(mean(this.totals(bid)));
    return total(this.subjective.map((one) => step(this.weighted(step(mean(this.marks(bid, one))), one))));
  }

  objective(bid) {
    const objective = this.method.criteria.filter((one) => one.kind === "objective");
    return total(objective.map((one) => this.weighted(this.marks(bid, one)[0], one)));
  }
}

function wrong(mark, criterion, needed) {
  if (mark === null) return needed ? "missing_mark" : null;
  const min = fromText(criterion.min ?? "0");
  if (compare(mark, min) < 0 || compare(mark, fromText(criterion.max)) > 0) return "out_of_range";
  if (criterion.step == null) return null;
  return div(minus(mark, min), fromText(criterion.step)).d === 1n ? null : "off_step";
}
