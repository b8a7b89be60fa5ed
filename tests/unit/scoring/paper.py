"""The format page worked by hand: from a decoded case file to its result, without the engine.

A third transcription beside the engine and the one of `test_naive_engine`: this one answers with
the texts that a user sees, in their order.
"""

from __future__ import annotations

from fractions import Fraction


class NoNumberError(Exception):
    """The method has nothing to average, or would divide by zero."""


def rounded(value, places, mode="half_up"):
    """Round in integers; `half_up` is away from zero."""
    scaled = abs(value) * 10**places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    if 2 * rest > scaled.denominator or (
        2 * rest == scaled.denominator and (mode == "half_up" or whole % 2)
    ):
        whole += 1
    return Fraction(-whole if value < 0 else whole, 10**places)


def text(value, places):
    """Write a value with at least so many places, and more only where it needs them."""
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    point = len(digits) - places
    return ("-" if value < 0 else "") + digits[:point] + ("." + digits[point:] if places else "")


def average(values, rule, *, applies):
    values = sorted(values)
    if rule and applies(len(values)):
        values = values[rule["low"] : max(len(values) - rule["high"], 0)]
    if not values:
        raise NoNumberError
    return sum(values, Fraction(0)) / len(values)


class Paper:
    """One case on one sheet of paper."""

    def __init__(self, case):
        self.case, self.method = case, case["method"]
        self.rounding = self.method["rounding"]
        self.each_step = self.rounding["when"] == "each_step"
        limit = case["tender"].get("ceiling")
        over = [
            bid["id"]
            for bid in case["bids"]
            if limit is not None and Fraction(bid["price"]) > Fraction(limit)
        ]
        self.findings = [{"kind": "over_ceiling", "bid": name} for name in over]
        self.bids = {
            bid["id"]: bid
            for bid in case["bids"]
            if bid.get("valid", True) and bid["id"] not in over
        }
        self.prices = {name: self.evaluated(bid) for name, bid in self.bids.items()}
        members = case["members"]
        self.panel = [one["id"] for one in members if one.get("status", "seated") == "seated"]
        self.sheets = {sheet["member"]: sheet["marks"] for sheet in case["scoresheets"]}
        self.skip = self.method.get("absent_marks") == "skip"
        self.by_total = self.method["panel_mean"]["over"] == "member_total"

    def total_rounded(self, value):
        return rounded(value, self.rounding["places"], self.rounding["mode"])

    def step(self, value):
        return self.total_rounded(value) if self.each_step else value

    def granted(self, bid, key):
        kind = None
        if bid.get("size", "large") in {"small", "micro"}:
            kind = "small"
        elif Fraction(bid.get("small_share_percent") or "0") >= 30:
            kind = "joint_venture"
        return self.method["preference"].get(kind, {}).get(key)

    def evaluated(self, bid):
        percent = Fraction(self.granted(bid, "deduct_percent") or "0")
        return rounded(Fraction(bid["price"]) * (1 - percent / 100), 2)

    def benchmark(self):
        formula, prices = self.method["price"], self.prices.values()
        if formula is None or not prices:
            return None
        if formula["formula"] == "lowest_price":
            lowest = min(prices)
        else:
            drop = formula["drop"]
            mean = average(prices, drop, applies=lambda count: count >= drop["when_at_least"])
            lowest = rounded(mean * (1 - Fraction(formula["reduction_percent"]) / 100), 2)
        if lowest == 0:
            raise NoNumberError
        return lowest

    def price_score(self, name, benchmark):
        formula, price = self.method["price"], self.prices[name]
        if formula["formula"] == "lowest_price":
            score = benchmark / price * Fraction(formula["max"])
        else:
            deviation = (price - benchmark) / benchmark * 100
            deviation = rounded(deviation, formula["deviation_places"])
            per_percent = formula["over_per_percent" if deviation > 0 else "under_per_percent"]
            score = Fraction(formula["max"]) - abs(deviation) * Fraction(per_percent)
            score = max(score, Fraction(formula["floor"]))
        bonus = self.granted(self.bids[name], "score_bonus_percent")
        score = self.step(score)
        return score if bonus is None else self.step(score * (1 + Fraction(bonus) / 100))

    def criteria(self, kind):
        return [one for one in self.method["criteria"] if one["kind"] == kind]

    def row(self, name, criterion):
        raw = {one: self.sheets.get(one, {}).get(name, {}).get(criterion) for one in self.panel}
        return {one: None if mark is None else Fraction(mark) for one, mark in raw.items()}

    def member_totals(self, name):
        """Sum for every member who left nothing out."""
        subjective = self.criteria("subjective")
        columns = [self.row(name, one["id"]) for one in subjective]
        factors = [Fraction(one.get("factor", "1")) for one in subjective]
        rows = [[column[one] for column in columns] for one in self.panel]
        return [
            sum(mark * factor for mark, factor in zip(row, factors, strict=True))
            for row in rows
            if None not in row
        ]

    def inspect(self):
        for name in self.bids:
            for criterion in self.method["criteria"]:
                self.inspect_row(name, criterion)

    def inspect_row(self, name, criterion):
        row = self.row(name, criterion["id"])
        given = [mark for mark in row.values() if mark is not None]
        where = {"bid": name, "criterion": criterion["id"]}
        left = given
        if self.by_total and criterion["kind"] == "subjective":
            left = self.member_totals(name)
        low, high = Fraction(criterion.get("min", "0")), Fraction(criterion["max"])
        for member, mark in row.items():
            kind = None
            if mark is None:
                kind = None if self.skip and left else "missing_mark"
            elif not low <= mark <= high:
                kind = "out_of_range"
            elif criterion.get("step") and (mark - low) % Fraction(criterion["step"]):
                kind = "off_step"
            if kind:
                self.findings.append({"kind": kind, **where, "member": member})
        if criterion["kind"] == "objective" and len(set(given)) > 1:
            self.findings.append({"kind": "objective_inconsistent", **where})

    def panel_mean(self, name):
        trim, subjective = self.method["panel_mean"]["trim"], self.criteria("subjective")

        def mean(values):
            return average(values, trim, applies=lambda count: count > trim["when_more_than"])

        if self.by_total:
            return self.step(mean(self.member_totals(name))) if subjective else Fraction(0)
        total = Fraction(0)
        for one in subjective:
            given = [mark for mark in self.row(name, one["id"]).values() if mark is not None]
            total += self.step(self.step(mean(given)) * Fraction(one.get("factor", "1")))
        return total

    def objective(self, name):
        total = Fraction(0)
        for one in self.criteria("objective"):
            given = {mark for mark in self.row(name, one["id"]).values() if mark is not None}
            total += given.pop() * Fraction(one.get("factor", "1"))
        return total

    def result(self):
        """Return the `bideval-result/1` of the case."""
        scored = self.method["type"] == "comprehensive"
        benchmark = self.benchmark() if scored else None
        scores = {}
        if benchmark is not None:
            scores = {name: self.price_score(name, benchmark) for name in self.bids}
        if scored:
            self.inspect()
        final = all(one["kind"] == "over_ceiling" for one in self.findings)
        means, objective, totals = {}, {}, {}
        if scored and final:
            means = {name: self.panel_mean(name) for name in self.bids}
            objective = {name: self.objective(name) for name in self.bids}
            totals = {
                name: self.total_rounded(means[name] + objective[name] + scores.get(name, 0))
                for name in self.bids
            }
        ranks = self.ranks(totals, means) if final else {}
        columns = (scores, means, objective, totals) if scored else None
        best = [name for name in self.bids if final and ranks[name] <= self.method["candidates"]]
        return {
            "format": "bideval-result/1",
            "final": final,
            "benchmark_price": None if benchmark is None else text(benchmark, 2),
            "bids": {bid["id"]: self.line(bid["id"], columns, ranks) for bid in self.case["bids"]},
            "candidates": sorted(best, key=lambda name: ranks[name]),
            "findings": self.findings,
        }

    def ranks(self, totals, means):
        keys = {}
        for name, bid in self.bids.items():
            links = {
                "evaluated_price": self.prices[name],
                "bid_price": Fraction(bid["price"]),
                "subjective": -means.get(name, 0),
            }
            chain = [links[tie] for tie in self.method["ties"]] if totals else [self.prices[name]]
            keys[name] = [-totals.get(name, 0), *chain]
        return {name: 1 + sum(other < key for other in keys.values()) for name, key in keys.items()}

    def line(self, name, columns, ranks):
        if name not in self.bids:
            return {"valid": False, "rank": None}
        line = {"valid": True, "evaluated_price": text(self.prices[name], 2)}
        if columns is not None:
            names = ("price_score", "panel_mean", "objective", "total")
            for key, column in zip(names, columns, strict=True):
                hidden = not self.each_step and key in {"price_score", "panel_mean"}
                value = None if hidden else column.get(name)
                line[key] = None if value is None else text(value, self.rounding["places"])
        return {**line, "rank": ranks.get(name)}
