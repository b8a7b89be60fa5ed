from __future__ import annotations

from bideval.session.names import COURSE, ENDED, LIVE, Phase


def test_course_ends_with_the_archive_and_leaves_out_broken_ends() -> None:
    assert COURSE[0] is Phase.PREPARED
    assert COURSE[-1] is Phase.ARCHIVED
    assert set(Phase) - set(COURSE) == {Phase.FAILED, Phase.RE_FORMED}


def test_live_phases_are_those_that_something_leaves() -> None:
    assert set(LIVE) == set(Phase) - ENDED
    assert (*LIVE, Phase.ARCHIVED) == COURSE
