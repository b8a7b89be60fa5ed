from __future__ import annotations

from decimal import Decimal

from bideval.session.bodies.marks import CorrectionGround
from bideval.session.marks import Correction, Marks, SealedMark, Sheet


def mark(n: int, *, bid: str = "a", criterion: str = "design") -> SealedMark:
    return SealedMark(
        member="w-01",
        bid=bid,
        criterion=criterion,
        counter=n,
        recipient="age1",
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
    marks = Marks(marks=[mark(1), mark(2, bid="b"), mark(3)])

    assert marks.last_marks("w-01") == {("a", "design"): mark(3), ("b", "design"): mark(2, bid="b")}
    assert marks.last_marks("w-02") == {}


def test_last_correction_of_an_item_is_found() -> None:
    marks = Marks(corrections=[correction("1"), correction("2")])

    assert marks.corrected("w-01", bid="a", criterion="design") == correction("2")
    assert marks.corrected("w-01", bid="b", criterion="design") is None
