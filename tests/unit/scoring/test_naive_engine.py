"""A second opinion: the format's text transcribed line by line, compared on random cases.

The transcription below shares nothing with the engine: plain dictionaries, fractions, and the
decimal module for rounding. Where both agree on thousands of odd cases, a slip would have to be
the same slip twice.
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.scoring.case import parse_case
from bideval.scoring.engine import consolidate
from bideval.scoring.result import result_document
from bideval.terms.errors import InputError

MODES = {"half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN}


class NothingLeftError(Exception):
    """Averaging or dividing is impossible."""


def rounded(value, places, mode="half_up"):
    """Round by way of a decimal with so many digits that only true ties look like ties."""
    with decimal.localcontext(prec=200):
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return Fraction(exact.quantize(Decimal(1).scaleb(-places), rounding=MODES[mode]))


def mean_without(values, rule, applies):
    values = sorted(values)
    if rule and applies(len(values)):
        values = values[: len(values) - rule["high"]] if rule["high"] < len(values) else []
        values = values[rule["low"] :]
    if not values:
        raise NothingLeftError
    return sum(values) / Fraction(len(values))


class Naive:
    def __init__(self, case):
        self.method = case["method"]
        self.round = self.method["rounding"]
        self.findings = []
        self.bids = []
        for bid in case["bids"]:
            ceiling = case["tender"].get("ceiling")
            over = ceiling is not None and Fraction(bid["price"]) > Fraction(ceiling)
            if over:
                self.findings.append({"kind": "over_ceiling", "bid": bid["id"]})
            if bid.get("valid", True) and not over:
                self.bids.append(bid)
        gone = {one["id"] for one in case["members"] if one.get("status") == "replaced"}
        self.members = [one["id"] for one in case["members"] if one["id"] not in gone]
        self.sheets = {sheet["member"]: sheet["marks"] for sheet in case["scoresheets"]}

    def step(self, value):
        if self.round["when"] == "total_only":
            return value
        return rounded(value, self.round["places"], self.round["mode"])

    def mark(self, member, bid, criterion):
        mark = self.sheets.get(member, {}).get(bid, {}).get(criterion["id"])
        return None if mark is None else Fraction(mark)

    def granted(self, bid, what):
        kind = None
        if bid.get("size") in ("small", "micro"):
            kind = "small"
        elif Fraction(bid.get("small_share_percent") or 0) >= 30:
            kind = "joint_venture"
        return Fraction(self.method["preference"].get(kind, {}).get(what, "0"))

    def evaluated_price(self, bid):
        return rounded(Fraction(bid["price"]) * (1 - self.granted(bid, "deduct_percent") / 100), 2)

    def benchmark(self):
        price, prices = self.method["price"], [self.evaluated_price(bid) for bid in self.bids]
        if price is None or not prices:
            return None
        if price["formula"] == "lowest_price":
            if 0 in prices:
                raise NothingLeftError
            return min(prices)
        drop = price["drop"]
        mean = mean_without(prices, drop, lambda count: count >= drop["when_at_least"])
        benchmark = rounded(mean * (1 - Fraction(price["reduction_percent"]) / 100), 2)
        if benchmark == 0:
            raise NothingLeftError
        return benchmark

    def price_score(self, bid):
        price, evaluated, benchmark = (
            self.method["price"],
            self.evaluated_price(bid),
            self.benchmark(),
        )
        if price is None:
            return None
        if price["formula"] == "lowest_price":
            score = benchmark / evaluated * Fraction(price["max"])
        else:
            percent = (evaluated - benchmark) / benchmark * 100
            percent = rounded(percent, price["deviation_places"])
            if percent > 0:
                score = Fraction(price["max"]) - percent * Fraction(price["over_per_percent"])
            else:
                score = Fraction(price["max"]) + percent * Fraction(price["under_per_percent"])
            score = max(score, Fraction(price["floor"]))
        return self.step(self.step(score) * (1 + self.granted(bid, "score_bonus_percent") / 100))

    def criteria(self, kind):
        return [one for one in self.method["criteria"] if one["kind"] == kind]

    def trimmed_mean(self, values):
        trim = self.method["panel_mean"]["trim"]
        return mean_without(values, trim, lambda count: count > trim["when_more_than"])

    def panel_mean(self, bid):
        criteria, total = self.criteria("subjective"), Fraction(0)
        if self.method["panel_mean"]["over"] == "criterion":
            for one in criteria:
                marks = [self.mark(member, bid, one) for member in self.members]
                mean = self.step(self.trimmed_mean([mark for mark in marks if mark is not None]))
                total += self.step(mean * Fraction(one.get("factor", "1")))
            return total
        if not criteria:
            return total
        return self.step(self.trimmed_mean(self.member_totals(bid)))

    def member_totals(self, bid):
        totals = []
        for member in self.members:
            marks = [(self.mark(member, bid, one), one) for one in self.criteria("subjective")]
            if all(mark is not None for mark, _ in marks):
                factors = [(mark, Fraction(one.get("factor", "1"))) for mark, one in marks]
                totals.append(sum(mark * factor for mark, factor in factors))
        return totals

    def objective(self, bid):
        total = Fraction(0)
        for one in self.criteria("objective"):
            marks = [self.mark(member, bid, one) for member in self.members]
            mark = next(mark for mark in marks if mark is not None)
            total += mark * Fraction(one.get("factor", "1"))
        return total

    def find(self):
        for bid in (bid["id"] for bid in self.bids):
            for one in self.method["criteria"]:
                marks = {member: self.mark(member, bid, one) for member in self.members}
                given = {mark for mark in marks.values() if mark is not None}
                if one["kind"] == "objective" and len(given) > 1:
                    self.add("objective_inconsistent", bid, one)
                for member, mark in marks.items():
                    self.find_mark(bid, one, member, mark)

    def find_mark(self, bid, one, member, mark):
        low, high = Fraction(one.get("min", "0")), Fraction(one["max"])
        if mark is None:
            if not self.skippable(bid, one):
                self.add("missing_mark", bid, one, member)
        elif mark < low or mark > high:
            self.add("out_of_range", bid, one, member)
        elif "step" in one and (mark - low) % Fraction(one["step"]) != 0:
            self.add("off_step", bid, one, member)

    def skippable(self, bid, one):
        if self.method.get("absent_marks", "refuse") == "refuse":
            return False
        if one["kind"] == "subjective" and self.method["panel_mean"]["over"] == "member_total":
            return len(self.member_totals(bid)) > 0
        return any(self.mark(member, bid, one) is not None for member in self.members)

    def add(self, kind, bid, criterion, member=None):
        finding = {"kind": kind, "bid": bid, "criterion": criterion["id"], "member": member}
        self.findings.append({key: value for key, value in finding.items() if value is not None})

    def ranks(self, totals, means):
        def key(bid):
            chain = {
                "evaluated_price": self.evaluated_price(bid),
                "bid_price": Fraction(bid["price"]),
                "subjective": -means.get(bid["id"], 0),
            }
            if self.method["type"] == "lowest_price":
                return [chain["evaluated_price"]]
            return [-totals[bid["id"]], *(chain[tie] for tie in self.method["ties"])]

        keys = {bid["id"]: key(bid) for bid in self.bids}
        return {bid: 1 + sum(other < mine for other in keys.values()) for bid, mine in keys.items()}

    def evaluate(self):
        if self.method["type"] == "lowest_price":
            return self.answer(None, {}, {}, {}, {})
        benchmark = self.benchmark()
        scores = {bid["id"]: self.price_score(bid) for bid in self.bids}
        self.find()
        if any(finding["kind"] != "over_ceiling" for finding in self.findings):
            return self.answer(benchmark, scores, {}, {}, None)
        means = {bid["id"]: self.panel_mean(bid["id"]) for bid in self.bids}
        objective = {bid["id"]: self.objective(bid["id"]) for bid in self.bids}
        totals = {
            bid: rounded(
                means[bid] + objective[bid] + (scores[bid] or 0),
                self.round["places"],
                self.round["mode"],
            )
            for bid in means
        }
        return self.answer(benchmark, scores, means, objective, totals)

    def answer(self, benchmark, scores, means, objective, totals):
        final = totals is not None
        ranks = self.ranks(totals, means) if final else {}
        return {
            "final": final,
            "benchmark": benchmark,
            "evaluated": {bid["id"]: self.evaluated_price(bid) for bid in self.bids},
            "scores": scores,
            "means": means,
            "objective": objective,
            "totals": totals or {},
            "ranks": ranks,
            "candidates": sorted(
                bid for bid, rank in ranks.items() if rank <= self.method["candidates"]
            ),
            "findings": sorted(sorted(finding.items()) for finding in self.findings),
        }


def by_engine(document):
    result = consolidate(parse_case(document))
    lines = [line for line in result.bids if line.valid]

    def column(name):
        values = {line.bid: getattr(line, name) for line in lines}
        return {bid: None if value is None else Fraction(value) for bid, value in values.items()}

    scored = document["method"]["type"] == "comprehensive"
    ended = scored and result.final
    findings = result_document(result)["findings"]
    return {
        "final": result.final,
        "benchmark": None if result.benchmark_price is None else Fraction(result.benchmark_price),
        "evaluated": column("evaluated_price"),
        "scores": column("price_score") if scored else {},
        "means": column("panel_mean") if ended else {},
        "objective": column("objective") if ended else {},
        "totals": column("total") if ended else {},
        "ranks": column("rank") if result.final else {},
        "candidates": sorted(result.candidates),
        "findings": sorted(sorted(finding.items()) for finding in findings),
    }


def decimals(low, high, places):
    unit = 10**places

    def write(number):
        sign, number = ("-" if number < 0 else ""), abs(number)
        return f"{sign}{number // unit}.{number % unit:0{places}d}" if places else f"{sign}{number}"

    return st.integers(low * unit, high * unit).map(write)


COUNTS = st.integers(0, 2)
TRIMS = st.none() | st.fixed_dictionaries(
    {"high": COUNTS, "low": COUNTS, "when_more_than": st.integers(0, 6)}
)
PRICES = st.one_of(
    st.none(),
    st.fixed_dictionaries({"formula": st.just("lowest_price"), "max": decimals(10, 60, 1)}),
    st.fixed_dictionaries(
        {
            "formula": st.just("mean_benchmark"),
            "max": decimals(10, 60, 1),
            "drop": st.none()
            | st.fixed_dictionaries(
                {"high": COUNTS, "low": COUNTS, "when_at_least": st.integers(0, 5)}
            ),
            "reduction_percent": decimals(0, 6, 2),
            "deviation_places": st.integers(0, 4),
            "over_per_percent": decimals(0, 2, 1),
            "under_per_percent": decimals(0, 2, 1),
            "floor": decimals(-5, 10, 1),
        }
    ),
)
GRANTS = st.one_of(
    st.fixed_dictionaries({"deduct_percent": decimals(0, 20, 1)}),
    st.fixed_dictionaries({"score_bonus_percent": decimals(0, 5, 1)}),
    st.fixed_dictionaries(
        {"deduct_percent": decimals(0, 20, 0), "score_bonus_percent": decimals(0, 5, 0)}
    ),
)
METHODS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["comprehensive"] * 9 + ["lowest_price"]),
        "rounding": st.fixed_dictionaries(
            {
                "mode": st.sampled_from(["half_up", "half_even"]),
                "places": st.integers(0, 3),
                "when": st.sampled_from(["each_step", "total_only"]),
            }
        ),
        "panel_mean": st.fixed_dictionaries(
            {"over": st.sampled_from(["member_total", "criterion"]), "trim": TRIMS}
        ),
        "absent_marks": st.sampled_from(["refuse", "skip"]),
        "price": PRICES,
        "preference": st.dictionaries(st.sampled_from(["small", "joint_venture"]), GRANTS),
        "ties": st.lists(
            st.sampled_from(["evaluated_price", "bid_price", "subjective"]), unique=True
        ),
        "candidates": st.integers(1, 3),
    }
)
CRITERIA = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["subjective", "subjective", "objective"]),
        "min": st.sampled_from(["0", "-1", "0.5"]),
        "max": st.sampled_from(["3", "3.5"]),
    },
    optional={
        "step": st.sampled_from(["0.5", "0.25", "1"]),
        "factor": st.sampled_from(["1.2", "0.8", "3", "0"]),
    },
)
BIDS = st.fixed_dictionaries(
    {"price": decimals(0, 9, 2) | decimals(90, 110, 2) | decimals(90, 92, 0)},
    optional={
        "size": st.sampled_from(["large", "medium", "small", "micro"]),
        "small_share_percent": st.sampled_from(["29.99", "30", "50"]),
        "valid": st.booleans(),
    },
)


@st.composite
def documents(draw):
    method = draw(METHODS)
    criteria = draw(st.lists(CRITERIA, max_size=3))
    method["criteria"] = [{"id": f"c{index}", **one} for index, one in enumerate(criteria)]
    drawn = draw(st.lists(BIDS, min_size=1, max_size=6))
    bids = [{"id": f"B{index}", **one} for index, one in enumerate(drawn)]
    members = [{"id": f"M{index}"} for index in range(draw(st.integers(1, 7)))]
    if draw(st.booleans()):
        members.append({"id": "gone", "status": "replaced"})
    wild = draw(st.sampled_from([0, 0, 0, 1, 8]))
    return {
        "format": "bideval-case/1",
        "tender": {
            "category": "goods",
            "ceiling": draw(st.sampled_from([None, None, "100.00", "109.5"])),
        },
        "method": method,
        "bids": bids,
        "members": members,
        "scoresheets": [
            {"member": one["id"], "marks": marks(draw, method, bids, wild)}
            for one in members
            if wild == 0 or draw(st.integers(0, 9)) > 0
        ],
    }


def marks(draw, method, bids, wild):
    """Fill a sheet: clean marks, now and then (or often) an absent or an odd one."""
    tame = {"objective": st.just("1.5"), "subjective": st.sampled_from(["0.5", "1.5", "2.5"])}
    odd = st.sampled_from([None, None, None, "0", "2", "0.75", "3.5", "-1", "9"])
    return {
        bid["id"]: {
            one["id"]: draw(odd if draw(st.integers(0, 19)) < wild else tame[one["kind"]])
            for one in method["criteria"]
        }
        for bid in bids
    }


@settings(max_examples=200)
@given(documents())
def test_engine_agrees_with_the_transcription(document):
    assert outcome(by_engine, document, InputError) == outcome(naively, document, NothingLeftError)


def naively(document):
    return Naive(document).evaluate()


def outcome(evaluate, document, impossible):
    """Return the evaluation, or None where the method cannot be applied."""
    try:
        return evaluate(document)
    except impossible:
        return None
