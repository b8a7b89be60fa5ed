"""Case files drawn from a seed, made so that what seldom matters matters often.

Prices lie close together and marks take few values, so that totals tie and the chain decides;
steps, factors and places make half-way values common; every third file has a fault in its marks.

Crowded cases are large, with seats that changed hands more than once and sheets that never came.
A case said otherwise means the same: its keys stand in another order, among keys that nobody knows.
"""

from __future__ import annotations

import random
from fractions import Fraction

NAMES = ("投标人甲", "e\u0301", "é", "-1", "0", "__proto__", "<b>", "'\"\\", "1e3", "x" * 128)
RATES = ("0", "3", "4.5", "10", "3.333", "99.999")
TRIMS = (None, None, (1, 1, 2), (1, 1, 5), (2, 1, 4), (0, 2, 3), (2, 3, 3))
DROPS = (None, None, (1, 1, 3), (1, 1, 5), (2, 1, 5), (0, 1, 2), (3, 2, 4))


def draw_case(seed):
    """Return a decoded `bideval-case/1`."""
    return _Hat(random.Random(seed)).case(seed)


def draw_crowded_case(seed):
    """Return one with up to thirty bids, a dozen members, and criteria beyond a screen."""
    return _Crowd(random.Random(seed)).case(seed)


def said_otherwise(document, seed):
    """Return a file that means the same: the format ignores unknown keys and the order of keys."""
    return _Tongue(random.Random(seed)).document(document)


class _Hat:
    kinds = ("s", "so", "ss", "sso", "o", "oso", "")
    places = (0, 0, 1, 1, 2, 2, 3, 6)
    crowd = (1, 2, 4, 7)

    def __init__(self, chance):
        self.chance, self.pick = chance, chance.choice

    def one_in(self, count):
        return self.chance.randrange(count) == 0

    def names(self, count, letter):
        plain = [f"{letter}{number}" for number in range(count)]
        return self.chance.sample([*NAMES, *plain], count) if self.one_in(8) else plain

    def case(self, seed):
        method = self.method()
        bids = self.bids()
        members = self.members()
        limits = [None, *(bid["price"] for bid in bids)]
        return {
            "format": "bideval-case/1",
            "title": f"drawn from {seed}",
            "tender": {
                "category": self.pick(("goods", "services", "works")),
                "ceiling": self.pick(limits) if self.one_in(4) else None,
            },
            "method": method,
            "bids": bids,
            "members": members,
            "scoresheets": self.sheets(method, bids, members),
        }

    def method(self):
        kinds = self.pick(self.kinds)
        names = self.names(len(kinds), "c")
        preference = {
            kind: self.grant() for kind in ("small", "joint_venture") if not self.one_in(3)
        }
        ties = ["evaluated_price", "bid_price", "subjective"]
        method = {
            "type": "lowest_price" if self.one_in(10) else "comprehensive",
            "rounding": {
                "mode": self.pick(("half_up", "half_even")),
                "places": self.pick(self.places),
                "when": self.pick(("each_step", "total_only")),
            },
            "panel_mean": {
                "over": self.pick(("member_total", "criterion")),
                "trim": self.left_out(TRIMS, "when_more_than"),
            },
            "criteria": [
                self.criterion(name, kind) for name, kind in zip(names, kinds, strict=True)
            ],
            "price": self.price(),
            "preference": preference,
            "ties": self.chance.sample(ties, self.chance.randint(0, 3)),
            "candidates": self.pick((1, 2, 3)),
        }
        return method if self.one_in(3) else {**method, "absent_marks": self.absent()}

    def absent(self):
        return self.pick(("refuse", "skip", "skip"))

    def left_out(self, rules, condition):
        rule = self.pick(rules)
        return rule and dict(zip(("high", "low", condition), rule, strict=True))

    def grant(self):
        keys = self.pick((["deduct_percent"], ["score_bonus_percent"], None))
        return {key: self.pick(RATES) for key in keys or ("deduct_percent", "score_bonus_percent")}

    def criterion(self, name, kind):
        low = self.pick((0, 0, 1, -3))
        criterion = {
            "id": name,
            "kind": "subjective" if kind == "s" else "objective",
            "min": str(low),
            "max": str(low + self.pick((1, 5, 20))),
            "step": self.pick(("0.5", "0.25", "1", "0.3", "0.01", None)),
            "factor": self.pick(("1", "1.2", "0.5", "0.333", "2", "0")),
        }
        return {key: value for key, value in criterion.items() if value is not None}

    def price(self):
        formula = self.pick((None, "lowest_price", "mean_benchmark", "mean_benchmark"))
        if formula is None:
            return None
        if formula == "lowest_price":
            return {"formula": formula, "max": self.pick(("30", "10", "33.3", "0"))}
        return {
            "formula": formula,
            "max": self.pick(("60", "30", "50.5")),
            "drop": self.left_out(DROPS, "when_at_least"),
            "reduction_percent": self.pick(("0", "0", "1.5", "12.345")),
            "deviation_places": self.pick((0, 1, 2, 4)),
            "over_per_percent": self.pick(("1", "0.5", "0.333", "0")),
            "under_per_percent": self.pick(("0.5", "1", "0.25")),
            "floor": self.pick(("0", "10", "29.5", "-5")),
        }

    def bids(self):
        base = self.pick((1, 999, 10_000, 123_456_700, 10**17))
        spread = self.pick((0, 1, 10, base))
        return [self.bid(name, base, spread) for name in self.names(self.pick(self.crowd), "B")]

    def bid(self, name, base, spread):
        units = base + self.chance.randint(0, spread)
        bid = {"id": name, "price": f"{units // 100}.{units % 100:02d}"}
        if self.one_in(3):
            bid["price"] += "5"
        if not self.one_in(3):
            bid["size"] = self.pick(("large", "medium", "small", "micro"))
        if self.one_in(3):
            bid["small_share_percent"] = self.pick((None, "30", "29.99", "31", "0"))
        if self.one_in(6):
            bid["valid"] = False
        return bid

    def members(self):
        names = self.names(self.pick((1, 2, 3, 5, 6, 7)) + 1, "M")
        members = [{"id": name} for name in names]
        if len(members) > 2 and self.one_in(3):
            members[1] |= {"status": "replaced", "replaced_by": names[-1]}
            return members
        return members[:-1]

    def sheets(self, method, bids, members):
        wild = self.pick((0, 0, 0.03))
        gaps = self.pick((0.1, 0.5)) if method.get("absent_marks") == "skip" else wild
        agreed = {}
        sheets = []
        for member in members:
            marks = {}
            for bid in bids:
                row = marks[bid["id"]] = {}
                for one in method["criteria"]:
                    mark = self.mark(one, agreed.setdefault((bid["id"], one["id"]), {}))
                    if member.get("status") == "replaced":
                        mark = self.pick((mark, "999", "-7", "0.007"))
                    elif self.chance.random() < wild:
                        mark = self.pick(("999", "-7", "0.007", one["max"], one["min"], "1"))
                    if self.chance.random() < gaps:
                        mark = self.pick((None, ...))
                    if mark is not ...:
                        row[one["id"]] = mark
            sheets.append({"member": member["id"], "marks": marks})
        self.chance.shuffle(sheets)
        return sheets

    def mark(self, criterion, agreed):
        low, high = Fraction(criterion["min"]), Fraction(criterion["max"])
        step = Fraction(criterion.get("step", "0.125"))
        most = int((high - low) / step)
        steps = self.chance.randint(max(most - 2, 0), most)
        if criterion["kind"] == "objective":
            steps = agreed.setdefault("steps", steps)
        thousandths = int((low + steps * step) * 1000)
        sign = "-" if thousandths < 0 else ""
        return f"{sign}{abs(thousandths) // 1000}.{abs(thousandths) % 1000:03d}"


class _Crowd(_Hat):
    kinds = ("s" * 5 + "o" * 5, "so" * 4, "s" * 30, "o")
    places = (2, 2, 0, 12)
    crowd = (12, 30)

    def members(self):
        names = self.names(self.pick((9, 12)), "M")
        members = [{"id": name} for name in names]
        for seat in self.chance.sample(range(len(names) - 1), self.pick((0, 2, 4))):
            members[seat]["status"] = "replaced"
            if not self.one_in(3):  # heirs may leave too, and some leave none
                members[seat]["replaced_by"] = names[seat + 1]
        return members

    def bids(self):
        bids = super().bids()
        if self.one_in(10):
            bids = [{**bid, "valid": False} for bid in bids]
        return bids

    def sheets(self, method, bids, members):
        sheets = super().sheets(method, bids, members)
        void = {one["id"] for one in members if one.get("status") == "replaced"}
        lost = self.one_in(4)
        return (
            [sheet for sheet in sheets if not self.one_in(2 if sheet["member"] in void else 8)]
            if lost
            else sheets
        )


UNKNOWN = ("note", "", "备注", "__class__", "expected", "id ")
ANYTHING = (None, 1.5, 10**30, "NaN", [{"id": 1}], {"bids": {}})
OPEN_OBJECTS = ("preference", "bids", "marks")
"""Keys of objects that have names of the case for keys, or grants: not everything fits in there."""


class _Tongue:
    def __init__(self, chance):
        self.chance, self.pick = chance, chance.choice

    def document(self, document):
        method = document["method"]
        told = {**document, "method": self.method(method)}
        told["bids"] = [self.defaults(bid, size="large", valid=True) for bid in document["bids"]]
        told["members"] = [self.defaults(one, status="seated") for one in document["members"]]
        told["scoresheets"] = [self.sheet(sheet) for sheet in document["scoresheets"]]
        return self.stirred(told)

    def method(self, method):
        if method["type"] == "lowest_price":
            needless = ("rounding", "panel_mean", "criteria", "price", "ties")
            method = {
                key: self.pick((value, value, None)) if key in needless else value
                for key, value in method.items()
                if key not in needless or self.chance.random() < 0.7
            }
        told = self.defaults(method, absent_marks="refuse", preference={})
        if told.get("criteria"):
            told["criteria"] = [
                self.defaults(one, min="0", factor="1", step=None) for one in told["criteria"]
            ]
        return told

    def defaults(self, some, **values):
        """Leave a default out, or say it."""
        told = dict(some)
        for key, value in values.items():
            if told.get(key, value) == value:
                told.pop(key, None)
                if self.chance.random() < 0.5:
                    told[key] = value
        return told

    def sheet(self, sheet):
        marks = {bid: self.row(row) for bid, row in sheet["marks"].items()}
        return {**sheet, "marks": {**marks, "no such bid": self.pick(ANYTHING)}}

    def row(self, row):
        present = {key: mark for key, mark in row.items() if mark is not None}
        return {**self.pick((row, present)), "no such criterion": self.pick(ANYTHING)}

    def stirred(self, value, key=""):
        """Turn the keys of every object about, and put an unknown one among them."""
        if isinstance(value, list):
            return [self.stirred(one) for one in value]
        if not isinstance(value, dict):
            return value
        items = [(name, self.stirred(one, name)) for name, one in value.items()]
        if key not in OPEN_OBJECTS and "no such criterion" not in value:
            items.append((self.pick(UNKNOWN), self.pick(ANYTHING)))
        self.chance.shuffle(items)
        return dict(items)
