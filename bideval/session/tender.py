"""`bideval-tender/1`: what the tender documents fix, and whether the rulebook allows it.

Decided here: the shape of a tender, and the breaches of the rulebook in it.
Not decided here: the method's own shape (`bideval.scoring.method`), and what is made of the tender.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.sealing import Custody, Purpose, parse_custody
from bideval.scoring.case import Category
from bideval.scoring.method import Method, method_document, parse_method
from bideval.scoring.method_limits import check_method
from bideval.scoring.rulebooks import Severity, check_committee
from bideval.session.panel_plan import (
    MAX_MINUTES,
    TITLE_LIMIT,
    PanelPlan,
    panel_document,
    parse_panel,
    refuse_twice,
)
from bideval.terms.decimals import plain
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields
from bideval.terms.instants import Instant, instant_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from bideval.scoring.rulebooks import Breach, Rulebook

FORMAT = "bideval-tender/1"

MAX_LOTS = 50
"""Lots of one tender."""

MAX_REQUIREMENTS = 300
"""Substantive requirements of one tender."""

MAX_DOCUMENTS = 100
"""Files of the tender documents."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot (标段): what is evaluated and awarded as one."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """A substantive requirement, and the clause that states it."""

    id: str
    text: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file of the tender documents; `size` in bytes."""

    name: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """Everything that the tender fixes for the session; money in CNY."""

    number: str
    title: str
    procuring_entity: str
    agent: str
    category: Category
    budget: Decimal | None
    ceiling: Decimal | None
    deadline: Instant
    lots: tuple[Lot, ...]
    method: Method
    requirements: tuple[Requirement, ...]
    documents: tuple[Document, ...]
    panel: PanelPlan
    custody: Mapping[Purpose, Custody]
    decryption_minutes: int

    def has_lot(self, lot: str) -> bool:
        """Return whether a lot has this id."""
        return any(one.id == lot for one in self.lots)


def parse_tender(value: object, *, field: str = "body.tender") -> Tender:
    """Read a tender; raises `InputError` at the exact path."""
    body = Fields(value, field)
    body.word("format", (FORMAT,))
    return Tender(
        number=body.text("number", limit=TITLE_LIMIT),
        title=body.text("title", limit=TITLE_LIMIT),
        procuring_entity=body.text("procuring_entity", limit=TITLE_LIMIT),
        agent=_loose_text(body, "agent"),
        category=body.choice("category", Category),
        budget=_money(body, "budget"),
        ceiling=_money(body, "ceiling"),
        deadline=body.instant("deadline"),
        lots=_lots(body),
        method=parse_method(body.required("method"), field=body.at("method")),
        requirements=_requirements(body),
        documents=_documents(body),
        panel=parse_panel(body.nested("panel")),
        custody=parse_custody(body.required("custody"), body.at("custody")),
        decryption_minutes=body.integer("decryption_minutes", least=1, most=MAX_MINUTES),
    )


def _loose_text(body: Fields, name: str) -> str:
    return "" if body.absent(name) else body.text(name, limit=TITLE_LIMIT, least=0)


def _money(body: Fields, name: str) -> Decimal | None:
    amount = body.optional(name, body.decimal)
    if amount is not None and amount <= 0:
        raise InputError("out_of_bounds", field=body.at(name), detail="must be above 0")
    return amount


def _lots(body: Fields) -> tuple[Lot, ...]:
    items = body.objects("lots", least=1, most=MAX_LOTS)
    lots = tuple(Lot(item.label("id"), item.text("title", limit=TITLE_LIMIT)) for item in items)
    refuse_twice([lot.id for lot in lots], items)
    return lots


def _requirements(body: Fields) -> tuple[Requirement, ...]:
    items = body.objects("requirements", most=MAX_REQUIREMENTS)
    requirements = tuple(
        Requirement(item.label("id"), item.text("text"), _loose_text(item, "clause"))
        for item in items
    )
    refuse_twice([requirement.id for requirement in requirements], items)
    return requirements


def _documents(body: Fields) -> tuple[Document, ...]:
    return tuple(
        Document(
            name=item.text("name", limit=TITLE_LIMIT),
            sha256=item.digest("sha256"),
            size=item.integer("size"),
            media_type=item.text("media_type", limit=TITLE_LIMIT),
        )
        for item in body.objects("documents", most=MAX_DOCUMENTS)
    )


def tender_document(tender: Tender) -> dict[str, object]:
    """Write a tender as `bideval-tender/1`; `parse_tender` reads it back to an equal value."""
    return {
        "format": FORMAT,
        "number": tender.number,
        "title": tender.title,
        "procuring_entity": tender.procuring_entity,
        "agent": tender.agent,
        "category": tender.category.value,
        "budget": None if tender.budget is None else plain(tender.budget),
        "ceiling": None if tender.ceiling is None else plain(tender.ceiling),
        "deadline": instant_text(tender.deadline),
        "lots": [{"id": lot.id, "title": lot.title} for lot in tender.lots],
        "method": method_document(tender.method),
        "requirements": [
            {"id": one.id, "text": one.text, "clause": one.clause} for one in tender.requirements
        ],
        "documents": [
            {
                "name": one.name,
                "sha256": one.sha256,
                "size": one.size,
                "media_type": one.media_type,
            }
            for one in tender.documents
        ],
        "panel": panel_document(tender.panel),
        "custody": {
            purpose.custody: {
                "threshold": plan.threshold,
                "custodians": list(plan.custodians),
            }
            for purpose, plan in tender.custody.items()
        },
        "decryption_minutes": tender.decryption_minutes,
    }


def breaches(tender: Tender, rulebook: Rulebook) -> list[Breach]:
    """Return where the panel and the method of a tender leave the rulebook (RULES 1.1, 1.4)."""
    panel = tender.panel
    committee = check_committee(rulebook, panel.members, experts=panel.drawn, budget=tender.budget)
    field = "body.tender.method"
    return committee + check_method(rulebook, tender.method, category=tender.category, field=field)


def refuse_breaches(tender: Tender, rulebook: Rulebook) -> None:
    """Raise `InputError` at the first breach that the rulebook forbids; warnings pass."""
    for breach in breaches(tender, rulebook):
        if breach.severity is Severity.ERROR:
            raise InputError(
                breach.rule.replace(".", "_"),
                field=breach.field,
                rule=breach.article,
                detail=breach.detail,
            )
