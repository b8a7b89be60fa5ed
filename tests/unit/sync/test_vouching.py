"""Words on one link: what is signed, what is demanded, what is kept."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bideval.sync import effects as fx
from bideval.sync.credit import Credit
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.messages import Refuse, StatedMark, StatedPlace
from bideval.sync.outbox import Outbox, Priority
from bideval.sync.sending import SendingStream
from bideval.sync.shared import LinkedSession, SharedSession
from bideval.sync.trails import Direction, Mark, trail_at
from bideval.sync.vouching import Vouching
from bideval.sync.words import RECORD, Placed, Said, Voice, Vouch
from tests.unit.sync.playbook import (
    FENGHUA,
    KEYS,
    SESSION,
    WENCHENG,
    chain,
    frontier,
    lines,
    placed,
    root,
    sent,
    unsigned,
    vouched,
)

RECORD_LINES = lines("fenghua", 4)
OWN = lines("fenghua", 3)
THEIRS = lines("wencheng", 3)


class Speaker:
    """Fenghua's words towards Wencheng."""

    def __init__(self, *, silent=False):
        self.outbox = Outbox()
        self.effects = []
        self.vouching = Vouching("fenghua", outbox=self.outbox, emit=self.effects.append)
        if not silent:
            voice = Voice(KEYS["fenghua"], KEYS["wencheng"].public)
            self.vouching.speak("wencheng", voice)

    def says(self, *expected):
        said = []
        while (message := self.outbox.pop()) is not None:
            said.append(message)
        assert said == list(expected)


def as_main(n=2, size=0):
    shared = SharedSession(SESSION, main=True, n=n, state=chain("wencheng", THEIRS[:n]), size=size)
    return LinkedSession(shared, peer="wencheng", now=0)


def as_branch(n=2):
    state = frontier(RECORD_LINES[:n]).to_bytes()
    shared = SharedSession(SESSION, main=False, n=n, state=state)
    found = LinkedSession(shared, peer="wencheng", now=0)
    found.sending = sending(Direction.UP, chain("fenghua", OWN), 3)
    return found


def sending(direction, state, n):
    trail = trail_at(direction, session=SESSION, origin="fenghua", n=n, state=state)
    return SendingStream(SESSION, direction=direction, trail=trail, credit=Credit(), now=0)


def test_main_vouches_for_the_record_and_a_branch_for_its_own_lines():
    speaker = Speaker()
    down = sending(Direction.DOWN, frontier(RECORD_LINES).to_bytes(), 4)
    speaker.vouching.vouch(as_main(), down)
    speaker.says(vouched(FENGHUA, 4, root(RECORD_LINES)))
    branch = as_branch()
    speaker.vouching.vouch(branch, branch.sending)
    speaker.says(vouched(FENGHUA, 3, chain("fenghua", OWN), stream="fenghua"))


def test_place_is_said_by_main_where_it_is_known():
    speaker = Speaker()
    for found in (as_main(), as_branch()):
        speaker.vouching.place(found)
        speaker.says()
    speaker.vouching.place(as_main(size=9))
    speaker.says(placed(FENGHUA, 2, chain("wencheng", THEIRS[:2]), 9))


def test_nothing_is_said_or_demanded_before_the_peer_is_known():
    speaker = Speaker(silent=True)
    main, branch = as_main(size=9), as_branch()
    speaker.vouching.vouch(branch, branch.sending)
    speaker.vouching.place(main)
    speaker.says()
    assert speaker.vouching.is_due(main) is False
    unsigned = vouched(WENCHENG, 2, chain("wencheng", THEIRS[:2]))
    speaker.vouching.vouched(main, unsigned)
    assert [effect.word.n for effect in speaker.effects] == [2]


def test_word_that_agrees_lets_lines_in():
    speaker, found = Speaker(), as_main()
    said = vouched(WENCHENG, 2, chain("wencheng", THEIRS[:2]), stream="wencheng")
    before = speaker.vouching.is_due(found)
    speaker.vouching.vouched(found, said)
    word = Vouch(SESSION, "wencheng", 2, said.digest, said.signature)
    assert (before, speaker.vouching.is_due(found)) == (True, False)
    assert speaker.effects == [fx.WordHeard(word)]


def test_branch_hears_main_about_the_record():
    speaker, found = Speaker(), as_branch()
    said = vouched(WENCHENG, 2, root(RECORD_LINES[:2]))
    speaker.vouching.vouched(found, said)
    word = Vouch(SESSION, RECORD, 2, said.digest, said.signature)
    assert speaker.effects == [fx.WordHeard(word)]


def test_word_about_a_mark_long_past_lets_nothing_in():
    speaker, found = Speaker(), as_main()
    said = vouched(WENCHENG, 1, chain("wencheng", THEIRS[:1]), stream="wencheng")
    speaker.vouching.vouched(found, said)
    word = Vouch(SESSION, "wencheng", 1, said.digest, said.signature)
    assert (speaker.vouching.is_due(found), speaker.effects) == (True, [fx.WordOffered(word)])


def test_word_that_differs_is_a_fork_with_the_word():
    speaker, found = Speaker(), as_main()
    said = vouched(WENCHENG, 2, b"?" * 32, stream="wencheng")
    with pytest.raises(SessionFault) as caught:
        speaker.vouching.vouched(found, said)
    fault = caught.value
    held = Mark(2, chain("wencheng", THEIRS[:2]))
    word = Vouch(SESSION, "wencheng", 2, b"?" * 32, said.signature)
    assert (fault.kind, fault.stated, fault.held, fault.said) == (
        fx.FaultKind.FORK,
        Mark(2, b"?" * 32),
        held,
        Said(word),
    )


def test_word_that_is_not_signed_closes():
    speaker, found = Speaker(), as_main()
    forged = vouched(FENGHUA, 2, chain("wencheng", THEIRS[:2]), stream="wencheng")
    with pytest.raises(LinkFault) as caught:
        speaker.vouching.vouched(found, forged)
    assert caught.value.kind is fx.FaultKind.AUTHENTICATION


def test_place_of_our_lines_is_kept_if_they_are_ours():
    speaker, found = Speaker(), as_branch()
    said = placed(WENCHENG, 3, chain("fenghua", OWN), 9, stream="fenghua")
    speaker.vouching.placed(found, said)
    other = placed(WENCHENG, 3, b"?" * 32, 9, stream="fenghua")
    with pytest.raises(LinkFault) as caught:
        speaker.vouching.placed(found, other)
    word = Placed(SESSION, "fenghua", 3, said.digest, 9, said.signature)
    assert speaker.effects == [fx.WordHeard(word), fx.PeerHas(SESSION, Direction.UP, 3)]
    assert caught.value.kind is fx.FaultKind.ROLE


def test_place_from_a_branch_or_of_what_was_not_sent_closes():
    for found, n in ((as_main(), 0), (as_branch(), 4)):
        speaker = Speaker()
        with pytest.raises(LinkFault) as caught:
            speaker.vouching.placed(found, placed(WENCHENG, n, b"?" * 32, 9, stream="fenghua"))
        assert caught.value.kind is fx.FaultKind.ROLE


def test_place_that_comes_before_the_mark_was_compared_waits_for_it():
    speaker, found = Speaker(), as_branch()
    stream, found.sending = found.sending, None
    said = placed(WENCHENG, 3, chain("fenghua", OWN), 9, stream="fenghua")
    speaker.vouching.placed(found, said)
    before = list(speaker.effects)
    found.sending = stream
    speaker.vouching.hear_early(found)
    speaker.vouching.hear_early(found)
    word = Placed(SESSION, "fenghua", 3, said.digest, 9, said.signature)
    heard = [fx.WordHeard(word), fx.PeerHas(SESSION, Direction.UP, 3)]
    assert (before, speaker.effects) == ([], heard)


def test_lines_go_out_with_the_word_for_their_end():
    speaker = Speaker()
    down = unsigned(3, RECORD_LINES[2:], root(RECORD_LINES))
    up = unsigned(2, OWN[1:], chain("fenghua", OWN))
    signed = [speaker.vouching.sign_lines(as_main(), down)]
    signed += [speaker.vouching.sign_lines(as_branch(), up)]
    digests = root(RECORD_LINES), chain("fenghua", OWN)
    assert signed == [
        sent(FENGHUA, 3, RECORD_LINES[2:], digests[0]),
        sent(FENGHUA, 2, OWN[1:], digests[1], stream="fenghua"),
    ]


def test_lines_without_their_senders_word_close():
    speaker, found = Speaker(), as_main()
    batch = sent(WENCHENG, 3, THEIRS[2:], chain("wencheng", THEIRS), stream="wencheng")
    speaker.vouching.check_lines(found, batch)
    others = (
        unsigned(3, THEIRS[2:], batch.digest),
        sent(WENCHENG, 3, THEIRS[2:], batch.digest),
        sent(FENGHUA, 3, THEIRS[2:], batch.digest, stream="wencheng"),
        replace(batch, first=2),
    )
    for other in others:
        with pytest.raises(LinkFault) as caught:
            speaker.vouching.check_lines(found, other)
        assert caught.value.kind is fx.FaultKind.AUTHENTICATION


def test_mark_that_is_contested_is_signed_before_the_refusal_unless_we_were_put_back():
    for epoch in (1, 2):
        speaker, found = Speaker(), as_main()
        found.epoch = epoch
        speaker.vouching.contest(found, Mark(4, root(RECORD_LINES)))
        speaker.outbox.put(Priority.CONTROL, ("refuse", SESSION), Refuse(SESSION, "quarantined"))
        word = [vouched(FENGHUA, 4, root(RECORD_LINES))] if epoch == 1 else []
        speaker.says(*word, Refuse(SESSION, "quarantined"))


def stating(n, size=9, *, key="fenghua", main=False):
    """Return the mark of a branch that shows main's word about its first lines."""
    word = Placed(SESSION, "wencheng", n, chain("wencheng", THEIRS[:n]), size)
    signature = KEYS[key].sign(word.signed_bytes())
    place = StatedPlace(n, word.digest, size, signature)
    return StatedMark(SESSION, main, 0, root([]), 1, place)


def test_main_learns_what_it_has_promised_and_lost():
    mark = stating(3)
    word = Speaker().vouching.promised(as_main(2), mark)
    digest = chain("wencheng", THEIRS)
    assert word == Placed(SESSION, "wencheng", 3, digest, 9, mark.placed.signature)


def test_word_about_lines_that_main_holds_is_no_promise():
    vouching = Speaker().vouching
    assert vouching.promised(as_main(2), stating(2, key="wencheng")) is None
    none = StatedMark(SESSION, main=False, n=0, digest=root([]), epoch=1)
    assert vouching.promised(as_main(2), none) is None
    assert Speaker(silent=True).vouching.promised(as_main(2), stating(3)) is None


def test_promise_that_main_has_not_signed_closes():
    with pytest.raises(LinkFault, match="signature_invalid"):
        Speaker().vouching.promised(as_main(2), stating(3, key="wencheng"))


def test_promise_that_main_states_closes():
    with pytest.raises(LinkFault, match="main states a place"):
        Speaker().vouching.promised(as_branch(), stating(3, main=True))
