"""`bideval-case/1`: everything that decides one ranking, as frozen values.

Decided here: what a case consists of, which cases are well formed, how a case is written back.
Not decided here: bytes and JSON (`reading`), the method's parts (`method`), the result (`engine`).
A session may build a `Case` directly; `parse_case(case_document(case))` then checks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from bideval.scoring.method import Method, MethodType, method_document, parse_method
from bideval.scoring.nodes import Node, refuse_duplicates
from bideval.terms.decimals import plain, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = "bideval-case/1"

MAX_BIDS = 2_000
"""Bids of one lot; crowded works tenders have some hundreds."""

MAX_MEMBERS = 500
"""Members, replaced ones included; a panel has five to eleven seats."""

MAX_MARKS = 250_000
"""Bids × members × criteria: the marks that a whole panel would give."""

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class Category(StrEnum):
    """What is bought; it decides which limits of the law apply."""

    GOODS = "goods"
    SERVICES = "services"
    WORKS = "works"


class Size(StrEnum):
    """The bidder's size class; absent counts as large, which grants nothing."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"


class MemberStatus(StrEnum):
    """A seated member's marks count; a replaced member's are void."""

    SEATED = "seated"
    REPLACED = "replaced"


@dataclass(frozen=True, kw_only=True)
class Tender:
    """What the case needs to know of the tender; `ceiling` is in the unit of the prices."""

    category: Category
    ceiling: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Bid:
    """One bid; `price` is as corrected and confirmed, `valid` as the committee found."""

    id: str
    price: Decimal
    size: Size = Size.LARGE
    small_share_percent: Decimal | None = None
    valid: bool = True


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member of the panel."""

    id: str
    status: MemberStatus = MemberStatus.SEATED
    replaced_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scoresheet:
    """One member's marks by bid and criterion; an absent mark has no key, nor has an empty row."""

    member: str
    marks: Mapping[str, Mapping[str, Decimal]]

    def mark(self, bid: str, criterion: str) -> Decimal | None:
        """Return a mark, or None where it is absent."""
        return self.marks.get(bid, {}).get(criterion)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One evaluation on paper."""

    tender: Tender
    method: Method
    bids: tuple[Bid, ...]
    members: tuple[Member, ...] = ()
    scoresheets: tuple[Scoresheet, ...] = ()
    title: str = ""

    def seated(self) -> tuple[Member, ...]:
        """Return the members whose marks count, in order."""
        return tuple(one for one in self.members if one.status is MemberStatus.SEATED)

    def sheet(self, member: str) -> Scoresheet:
        """Return a member's sheet; who handed in none has a sheet without marks."""
        found = (sheet for sheet in self.scoresheets if sheet.member == member)
        return next(found, Scoresheet(member=member, marks={}))


def parse_case(data: object) -> Case:
    """Read a decoded `bideval-case/1`; unknown keys are ignored wherever they stand.

    That includes marks under a bid or criterion that the case does not have.
    Raises `InputError` whose `field` is the place of the first thing that is wrong.
    """
    node = Node(data, "")
    _check_format(node.need("format"))
    title = node.get("title")
    tender = _tender(node.need("tender"))
    method = parse_method(node.need("method").value)
    look = node.need if method.type is MethodType.COMPREHENSIVE else node.filled
    bids = _bids(node.need("bids"))
    members = _members(look("members"), method)
    if len(bids) * len(members) * len(method.criteria) > MAX_MARKS:
        raise node.refuse("too_many", f"must not ask for more than {MAX_MARKS} marks")
    return Case(
        title=title.text() if title else "",
        tender=tender,
        method=method,
        bids=bids,
        members=members,
        scoresheets=_scoresheets(look("scoresheets"), _Columns.of(method, bids, members)),
    )


def _check_format(node: Node) -> None:
    text = node.text()
    if text != FORMAT:
        raise node.refuse("unknown_format", f'must be "{FORMAT}", not {shown(text)}')


def _tender(node: Node) -> Tender:
    ceiling = node.filled("ceiling")
    return Tender(
        category=node.need("category").choice(Category),
        ceiling=ceiling.decimal(low=ZERO) if ceiling else None,
    )


def _bids(node: Node) -> tuple[Bid, ...]:
    nodes = node.items(limit=MAX_BIDS)
    if not nodes:
        raise node.refuse("missing_bids", "must hold at least one bid")
    bids = tuple(_bid(item) for item in nodes)
    refuse_duplicates([item.need("id") for item in nodes], [bid.id for bid in bids])
    return bids


def _bid(node: Node) -> Bid:
    size, valid, share = node.get("size"), node.get("valid"), node.filled("small_share_percent")
    return Bid(
        id=node.need("id").identifier(),
        price=node.need("price").decimal(low=ZERO),
        size=size.choice(Size) if size else Size.LARGE,
        small_share_percent=share.decimal(low=ZERO, high=HUNDRED) if share else None,
        valid=valid.flag() if valid else True,
    )


def _members(node: Node | None, method: Method) -> tuple[Member, ...]:
    if node is None:
        return ()
    nodes = node.items(limit=MAX_MEMBERS)
    members = tuple(_member(item) for item in nodes)
    refuse_duplicates([item.need("id") for item in nodes], [member.id for member in members])
    _check_replacements(nodes, {member.id: member for member in members})
    scored = method.type is MethodType.COMPREHENSIVE and method.criteria
    if scored and all(member.status is MemberStatus.REPLACED for member in members):
        raise node.refuse("nobody_seated", "must hold at least one seated member")
    return members


def _member(node: Node) -> Member:
    status, successor = node.get("status"), node.filled("replaced_by")
    member = Member(
        id=node.need("id").identifier(),
        status=status.choice(MemberStatus) if status else MemberStatus.SEATED,
        replaced_by=successor.identifier() if successor else None,
    )
    if successor and member.status is MemberStatus.SEATED:
        raise successor.refuse("not_replaced", "names a successor of a member who is seated")
    return member


def _check_replacements(nodes: Sequence[Node], members: Mapping[str, Member]) -> None:
    """Refuse successors who are no members, and successions that lead back to their start."""
    places = {
        name: node.child("replaced_by", None) for node, name in zip(nodes, members, strict=True)
    }
    for name, member in members.items():
        if member.replaced_by is not None and member.replaced_by not in members:
            detail = f"{shown(member.replaced_by)} is no member"
            raise places[name].refuse("unknown_reference", detail)
    for name, member in members.items():
        successor, passed = member.replaced_by, {name}
        while successor is not None:
            if successor in passed:
                raise places[name].refuse("circular_reference", "leads back to the same member")
            passed.add(successor)
            successor = members[successor].replaced_by


@dataclass(frozen=True)
class _Columns:
    """The ids that a scoresheet may speak of."""

    members: frozenset[str]
    bids: frozenset[str]
    criteria: frozenset[str]

    @classmethod
    def of(cls, method: Method, bids: Sequence[Bid], members: Sequence[Member]) -> _Columns:
        return cls(
            members=frozenset(member.id for member in members),
            bids=frozenset(bid.id for bid in bids),
            criteria=frozenset(criterion.id for criterion in method.criteria),
        )


def _scoresheets(node: Node | None, columns: _Columns) -> tuple[Scoresheet, ...]:
    if node is None:
        return ()
    nodes = node.items(limit=MAX_MEMBERS)
    sheets = tuple(_scoresheet(item, columns) for item in nodes)
    refuse_duplicates([item.need("member") for item in nodes], [sheet.member for sheet in sheets])
    return sheets


def _scoresheet(node: Node, columns: _Columns) -> Scoresheet:
    member = node.need("member")
    name = member.identifier()
    if name not in columns.members:
        raise member.refuse("unknown_reference", f"{shown(name)} is no member")
    rows = node.need("marks").members()
    marks = {bid: _row(row, columns) for bid, row in rows if bid in columns.bids}
    return Scoresheet(member=name, marks={bid: row for bid, row in marks.items() if row})


def _row(node: Node, columns: _Columns) -> dict[str, Decimal]:
    return {
        criterion: mark.decimal()
        for criterion, mark in node.members()
        if criterion in columns.criteria and mark.value is not None
    }


def case_document(case: Case) -> dict[str, object]:
    """Write a case as `bideval-case/1`, with defaults spelled out and absent marks left out.

    Marks stand in the order of bids and criteria, so that equal cases give equal documents.
    """
    ceiling = case.tender.ceiling
    return {
        "format": FORMAT,
        "title": case.title,
        "tender": {
            "category": str(case.tender.category),
            "ceiling": None if ceiling is None else plain(ceiling),
        },
        "method": method_document(case.method),
        "bids": [_bid_document(bid) for bid in case.bids],
        "members": [_member_document(member) for member in case.members],
        "scoresheets": [_sheet_document(case, sheet) for sheet in case.scoresheets],
    }


def _bid_document(bid: Bid) -> dict[str, object]:
    document: dict[str, object] = {
        "id": bid.id,
        "price": plain(bid.price),
        "size": str(bid.size),
        "valid": bid.valid,
    }
    if bid.small_share_percent is not None:
        document["small_share_percent"] = plain(bid.small_share_percent)
    return document


def _member_document(member: Member) -> dict[str, object]:
    document: dict[str, object] = {"id": member.id, "status": str(member.status)}
    if member.replaced_by is not None:
        document["replaced_by"] = member.replaced_by
    return document


def _sheet_document(case: Case, sheet: Scoresheet) -> dict[str, object]:
    rows = {
        bid.id: {
            criterion.id: plain(mark)
            for criterion in case.method.criteria
            if (mark := sheet.mark(bid.id, criterion.id)) is not None
        }
        for bid in case.bids
    }
    return {"member": sheet.member, "marks": {bid: row for bid, row in rows.items() if row}}
