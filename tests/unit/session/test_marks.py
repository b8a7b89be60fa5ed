from __future__ import annotations

from decimal import Decimal

from bideval.session.bodies.marks import CorrectionGround
from bideval.session.marks import Correction, Marks, SealedMark, Sheet


def mark(
    n: int, *, bid: str = "a", criterion: str = "design", recipient: str = "age1"
) -> SealedMark:
    return SealedMark(
        member="w-01",
        bid=bid,
        criterion=criterion,
        counter=n,
        recipient=recipient,
        ciphertext=b"",
        position=n,
        entry=f"mark {n}",
    )


def sheet(n: int, member: str = "w-01") -> Sheet:
    return Sheet(
        member=member,
        counter=n,
        recipient="age1",
        ciphertext=b"",
        position=n,
        entry=f"sheet {n}",
    )


def correction(after: str) -> Correction:
    return Correction(
        member="w-01",
        bid="a",
        criterion="design",
        before=None,
        after=Decimal(after),
        ground=CorrectionGround.MISSING,
        reason="forgot",
        position=1,
        entry="e",
    )


def test_last_sheet_is_the_one_that_counts() -> None:
    marks = Marks(sheets=[sheet(1), sheet(4), sheet(5, "w-02")])

    assert marks.sheet("w-01") == sheet(4)
    assert marks.sheet("w-03") is None


def test_last_mark_of_each_item_is_kept() -> None:
    marks = Marks()
    for one in (mark(1), mark(2, bid="b"), mark(3)):
        marks.add(one)

    assert marks.last_marks("w-01") == {("a", "design"): mark(3), ("b", "design"): mark(2, bid="b")}
    assert marks.last_marks("w-02") == {}


def test_last_mark_is_the_last_one_whatever_it_was_sealed_to() -> None:
    marks = Marks()
    for one in (mark(1), mark(2, recipient="age2"), mark(3)):
        marks.add(one)

    assert marks.last_marks("w-01") == {("a", "design"): mark(3)}


def test_lost_seal_takes_all_that_was_sealed_to_it_and_nothing_else() -> None:
    marks = Marks(sheets=[sheet(5)])
    for one in (mark(1), mark(2, recipient="age2"), mark(3), mark(4, bid="b")):
        marks.add(one)

    assert sorted(marks.drop("age1")) == ["mark 1", "mark 3", "mark 4", "sheet 5"]
    assert marks.last_marks("w-01") == {("a", "design"): mark(2, recipient="age2")}
    assert marks.drop("age1") == []
    assert marks.drop("age2") == ["mark 2"]


def test_last_correction_of_an_item_is_found() -> None:
    marks = Marks(corrections=[correction("1"), correction("2")])

    assert marks.corrected("w-01", bid="a", criterion="design") == correction("2")
    assert marks.corrected("w-01", bid="b", criterion="design") is None
