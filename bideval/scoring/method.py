"""The method of a tender: everything that the tender documents fix about scoring.

Decided here: the parts of a method, how they are read from `bideval-case/1` and written back.
Not decided here: whether the law allows the method (`rulebooks`) and what it yields (`engine`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bideval.scoring.nodes import Node, refuse_duplicates
from bideval.terms.decimals import RoundingMode, plain

MAX_CRITERIA = 500
"""Criteria of one method; a long real one has some sixty."""

MAX_PLACES = 12
"""Digits after the point to which a method may round."""

MAX_LEFT_OUT = 1_000
"""Values or bids that trimming may name; no panel and no tender is larger."""

MAX_CANDIDATES = 3
"""Recommended ranks (Regulation art. 53; Order 12 art. 45)."""

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)


class MethodType(StrEnum):
    """The two lawful ways to evaluate."""

    COMPREHENSIVE = "comprehensive"
    """Comprehensive scoring (综合评分法)."""

    LOWEST_PRICE = "lowest_price"
    """Lowest evaluated price (最低评标价法)."""


class RoundWhen(StrEnum):
    """Which steps round."""

    EACH_STEP = "each_step"
    TOTAL_ONLY = "total_only"


class MeanOver(StrEnum):
    """What the panel's mean is taken over."""

    MEMBER_TOTAL = "member_total"
    CRITERION = "criterion"


class AbsentMarks(StrEnum):
    """What an absent mark means."""

    REFUSE = "refuse"
    SKIP = "skip"


class CriterionKind(StrEnum):
    """Whether members judge, or all must find the same."""

    SUBJECTIVE = "subjective"
    OBJECTIVE = "objective"


class TieBreak(StrEnum):
    """One link of the tie-break chain."""

    EVALUATED_PRICE = "evaluated_price"
    BID_PRICE = "bid_price"
    SUBJECTIVE = "subjective"


class PriceFormulaName(StrEnum):
    """The two price formulas."""

    LOWEST_PRICE = "lowest_price"
    MEAN_BENCHMARK = "mean_benchmark"


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """How the steps of the method round; fixed before opening and printed with the result."""

    mode: RoundingMode = RoundingMode.HALF_UP
    places: int = 2
    when: RoundWhen = RoundWhen.EACH_STEP


@dataclass(frozen=True, kw_only=True)
class Trim:
    """Leave out the `high` highest and `low` lowest where more than `when_more_than` values are."""

    high: int
    low: int
    when_more_than: int


@dataclass(frozen=True, kw_only=True)
class PanelMean:
    """How the marks of the panel become one number."""

    over: MeanOver = MeanOver.MEMBER_TOTAL
    trim: Trim | None = None


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One scored criterion: marks from `min` to `max` in steps of `step`, weighted by `factor`."""

    id: str
    name: str
    kind: CriterionKind
    max: Decimal
    min: Decimal = ZERO
    step: Decimal | None = None
    factor: Decimal = ONE


@dataclass(frozen=True, kw_only=True)
class LowestPriceFormula:
    """Benchmark = lowest evaluated price; score = benchmark / evaluated price × max."""

    max: Decimal


@dataclass(frozen=True, kw_only=True)
class Drop:
    """Prices left out of the mean where there are at least `when_at_least`; they still compete."""

    high: int
    low: int
    when_at_least: int


@dataclass(frozen=True, kw_only=True)
class MeanBenchmarkFormula:
    """Benchmark = reduced mean of evaluated prices; points lost per percent of deviation."""

    max: Decimal
    drop: Drop | None
    reduction_percent: Decimal
    deviation_places: int
    over_per_percent: Decimal
    under_per_percent: Decimal
    floor: Decimal


PriceFormula = LowestPriceFormula | MeanBenchmarkFormula


@dataclass(frozen=True, kw_only=True)
class Preference:
    """What one kind of bidder is granted; None is not granted, which is not 0 percent."""

    deduct_percent: Decimal | None = None
    score_bonus_percent: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Method:
    """A whole method. With `lowest_price` only `preference` and `candidates` decide anything."""

    type: MethodType
    candidates: int
    rounding: Rounding = Rounding()
    panel_mean: PanelMean = PanelMean()
    absent_marks: AbsentMarks = AbsentMarks.REFUSE
    criteria: tuple[Criterion, ...] = ()
    price: PriceFormula | None = None
    small: Preference | None = None
    joint_venture: Preference | None = None
    ties: tuple[TieBreak, ...] = ()

    def of_kind(self, kind: CriterionKind) -> tuple[Criterion, ...]:
        """Return the criteria of one kind, in order."""
        return tuple(criterion for criterion in self.criteria if criterion.kind is kind)


def parse_method(data: object, *, field: str = "method") -> Method:
    """Read the `method` object of `bideval-case/1`; raises `InputError` at or below `field`.

    What decides a comprehensive ranking must be written; lowest price may leave it out or null.
    """
    node = Node(data, field)
    kind = node.need("type").choice(MethodType)
    if kind is MethodType.COMPREHENSIVE:
        for key in ("rounding", "panel_mean", "criteria", "price", "ties"):
            node.need(key)
    look = node.get if kind is MethodType.COMPREHENSIVE else node.filled
    preference = node.get("preference") or Node({}, f"{field}.preference")
    absent = node.get("absent_marks")
    return Method(
        type=kind,
        candidates=node.need("candidates").count(low=1, high=MAX_CANDIDATES),
        rounding=_rounding(look("rounding")),
        panel_mean=_panel_mean(look("panel_mean")),
        absent_marks=absent.choice(AbsentMarks) if absent else AbsentMarks.REFUSE,
        criteria=_criteria(look("criteria")),
        price=_price(node.filled("price")),
        small=_preference(preference.get("small")),
        joint_venture=_preference(preference.get("joint_venture")),
        ties=_ties(look("ties")),
    )


def _rounding(node: Node | None) -> Rounding:
    if node is None:
        return Rounding()
    return Rounding(
        mode=node.need("mode").choice(RoundingMode),
        places=node.need("places").count(low=0, high=MAX_PLACES),
        when=node.need("when").choice(RoundWhen),
    )


def _panel_mean(node: Node | None) -> PanelMean:
    if node is None:
        return PanelMean()
    trim = node.filled("trim")
    return PanelMean(
        over=node.need("over").choice(MeanOver),
        trim=Trim(**_left_out(trim, "when_more_than")) if trim else None,
    )


def _left_out(node: Node, condition: str) -> dict[str, int]:
    keys = ("high", "low", condition)
    return {key: node.need(key).count(low=0, high=MAX_LEFT_OUT) for key in keys}


def _criteria(node: Node | None) -> tuple[Criterion, ...]:
    if node is None:
        return ()
    nodes = node.items(limit=MAX_CRITERIA)
    criteria = tuple(_criterion(item) for item in nodes)
    refuse_duplicates([item.need("id") for item in nodes], [item.id for item in criteria])
    return criteria


def _criterion(node: Node) -> Criterion:
    identifier = node.need("id").identifier()
    name, low, factor = node.get("name"), node.get("min"), node.get("factor")
    minimum = low.decimal() if low else ZERO
    return Criterion(
        id=identifier,
        name=name.text() if name else identifier,
        kind=node.need("kind").choice(CriterionKind),
        min=minimum,
        max=_maximum(node.need("max"), minimum),
        step=_step(node.filled("step")),
        factor=factor.decimal(low=ZERO) if factor else ONE,
    )


def _maximum(node: Node, minimum: Decimal) -> Decimal:
    maximum = node.decimal()
    if maximum < minimum:
        raise node.refuse("out_of_bounds", f"must not be below min, which is {plain(minimum)}")
    return maximum


def _step(node: Node | None) -> Decimal | None:
    if node is None:
        return None
    step = node.decimal()
    if step <= ZERO:
        raise node.refuse("out_of_bounds", "must be above 0")
    return step


def _price(node: Node | None) -> PriceFormula | None:
    if node is None:
        return None
    name = node.need("formula").choice(PriceFormulaName)
    maximum = node.need("max").decimal(low=ZERO)
    if name is PriceFormulaName.LOWEST_PRICE:
        return LowestPriceFormula(max=maximum)
    drop = node.filled("drop")
    return MeanBenchmarkFormula(
        max=maximum,
        drop=Drop(**_left_out(drop, "when_at_least")) if drop else None,
        reduction_percent=_percent(node.need("reduction_percent")),
        deviation_places=node.need("deviation_places").count(low=0, high=MAX_PLACES),
        over_per_percent=node.need("over_per_percent").decimal(low=ZERO),
        under_per_percent=node.need("under_per_percent").decimal(low=ZERO),
        floor=_floor(node.need("floor"), maximum),
    )


def _percent(node: Node) -> Decimal:
    """Read a part to take away: from 0 to below 100, so that something is left."""
    value = node.decimal(low=ZERO)
    if value >= HUNDRED:
        raise node.refuse("out_of_bounds", "must be below 100")
    return value


def _preference(node: Node | None) -> Preference | None:
    if node is None:
        return None
    deduct, bonus = node.get("deduct_percent"), node.get("score_bonus_percent")
    if deduct is None and bonus is None:
        detail = "must grant deduct_percent or score_bonus_percent"
        raise node.refuse("missing_key", detail)
    return Preference(
        deduct_percent=_percent(deduct) if deduct else None,
        score_bonus_percent=bonus.decimal(low=ZERO, high=HUNDRED) if bonus else None,
    )


def _floor(node: Node, maximum: Decimal) -> Decimal:
    floor = node.decimal()
    if floor > maximum:
        raise node.refuse("out_of_bounds", f"must not be above max, which is {plain(maximum)}")
    return floor


def _ties(node: Node | None) -> tuple[TieBreak, ...]:
    if node is None:
        return ()
    nodes = node.items(limit=len(TieBreak))
    ties = tuple(item.choice(TieBreak) for item in nodes)
    refuse_duplicates(nodes, [str(tie) for tie in ties])
    return ties


def method_document(method: Method) -> dict[str, object]:
    """Write a method as `bideval-case/1` has it, with every default spelled out."""
    rounding, mean = method.rounding, method.panel_mean
    return {
        "type": str(method.type),
        "rounding": {
            "mode": str(rounding.mode),
            "places": rounding.places,
            "when": str(rounding.when),
        },
        "panel_mean": {"over": str(mean.over), "trim": mean.trim and dict(vars(mean.trim))},
        "absent_marks": str(method.absent_marks),
        "criteria": [_criterion_document(criterion) for criterion in method.criteria],
        "price": _price_document(method.price),
        "preference": _preference_document(method),
        "ties": [str(tie) for tie in method.ties],
        "candidates": method.candidates,
    }


def _criterion_document(criterion: Criterion) -> dict[str, object]:
    document: dict[str, object] = {
        "id": criterion.id,
        "name": criterion.name,
        "kind": str(criterion.kind),
        "min": plain(criterion.min),
        "max": plain(criterion.max),
        "factor": plain(criterion.factor),
    }
    if criterion.step is not None:
        document["step"] = plain(criterion.step)
    return document


def _price_document(price: PriceFormula | None) -> dict[str, object] | None:
    if price is None:
        return None
    if isinstance(price, LowestPriceFormula):
        return {"formula": str(PriceFormulaName.LOWEST_PRICE), "max": plain(price.max)}
    return {
        "formula": str(PriceFormulaName.MEAN_BENCHMARK),
        "max": plain(price.max),
        "drop": price.drop and dict(vars(price.drop)),
        "reduction_percent": plain(price.reduction_percent),
        "deviation_places": price.deviation_places,
        "over_per_percent": plain(price.over_per_percent),
        "under_per_percent": plain(price.under_per_percent),
        "floor": plain(price.floor),
    }


def _preference_document(method: Method) -> dict[str, object]:
    granted = {"small": method.small, "joint_venture": method.joint_venture}
    return {
        kind: {key: plain(value) for key, value in vars(preference).items() if value is not None}
        for kind, preference in granted.items()
        if preference is not None
    }
