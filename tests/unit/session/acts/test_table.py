from __future__ import annotations

from bideval.session.acts.table import ACTS
from bideval.session.kinds import KINDS


def test_every_kind_but_the_founding_one_is_heard_by_one_act() -> None:
    assert [*ACTS] == [name for name in KINDS if name != "session.founded"]
    assert len(set(ACTS.values())) == len(ACTS)
