"""The fold: entries in record order become a session; what may not count is kept as void.

Decided here: whose key an entry must bear, what is authentic, what counts, what a venue refuses up
front. Not decided here: what each kind does (`acts`) and how signatures are verified
(`bideval.ledger.entry.verify_entry`, with the key that `Session.key_for` names).

    session = Session("fh-2026-0117")
    for line in record:                       # in record order
        entry = parse_entry(line.jws)
        verify_entry(entry, session.key_for(entry))
        session.apply(line, entry)
"""

from __future__ import annotations

from dataclasses import fields
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple

from bideval.evidence.signing import public_key
from bideval.ledger.line import chain_next, chain_start, encode_line
from bideval.ledger.tree import leaf_hash
from bideval.session.act import Act, Author, refused
from bideval.session.acts.bids import locate_wrong_share
from bideval.session.acts.pauses import decision_to_resume
from bideval.session.acts.people import note_refused_key
from bideval.session.acts.table import ACTS
from bideval.session.bodies.course import read_session_resumed
from bideval.session.bodies.people import read_continued, read_session_founded
from bideval.session.kinds import KINDS, Kind
from bideval.session.layers import shared
from bideval.session.names import COURSE, ENDED
from bideval.session.people import KeyOwner, Venue
from bideval.session.reading import Reading, reading_of
from bideval.session.rulebook import find_rules
from bideval.session.standing import PARTS, Place, Standing, VoidLine
from bideval.terms.errors import BidevalError, EvidenceError, InputError, RefusedError
from bideval.terms.fields import Fields
from bideval.terms.identifiers import ENROLLED_ROLES, acting_venue, venue_actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.evidence.signing import PublicKey
    from bideval.ledger.entry import Entry
    from bideval.ledger.line import Line
    from bideval.session.bodies.people import Continued, SessionFounded, VenueBody
    from bideval.terms.instants import Instant

FOUNDING = "session.founded"
ENROLMENT = "person.enrolled"
SEALED_MARK = "mark.sealed"
"""The kind that comes by the thousand."""

CLOCK_TOLERANCE_MS = 60_000
"""How far ahead of its venue's clock an author's may run when a fault is dated."""

_AUTHORS = {role: Author(role.value) for role in ENROLLED_ROLES}


class Outcome(NamedTuple):
    """What became of a line; `void_code` says why it does not count."""

    kind: str
    counted: bool
    void_code: str | None
    position: int
    entry: str


class Session(Standing):
    """A session as far as its record goes."""

    def key_for(self, entry: Entry) -> PublicKey:
        """Return the key whose signature the entry must bear.

        Raises `EvidenceError` where no key of this record has the entry's `kid`, or it speaks for
        somebody else. A closed key still verifies: what it signed after is void, not forged.
        """
        if not self.people.venues:
            return _founding_key(entry)
        return self._owner(entry).key

    def _owner(self, entry: Entry) -> KeyOwner:
        owner = self.people.owner_of(entry.kid)
        if owner is None:
            raise EvidenceError("unknown_key", field="kid", detail="no such key in this record")
        if owner.actor != entry.author:
            detail = "the key speaks for somebody else"
            raise EvidenceError("other_author", field="author", detail=detail)
        return owner

    def apply(
        self,
        line: Line,
        entry: Entry,
        data: bytes | None = None,
        *,
        reading: Reading | None = None,
    ) -> Outcome:
        """Take the next line of the record; `entry` is the line's, its signature verified.

        `data` are the bytes that the line was parsed from, and `reading` is of this entry, for who
        has them at hand.

        Raises `EvidenceError`, and changes nothing, where the line is not authentic: another
        session, an unknown key, a key used at another venue, a gap in a venue's numbering. An
        authentic entry that may not count is kept as void.
        """
        self._check_line(line, entry)
        if not self.people.venues:
            return self._found(line, entry)
        read = reading_of(entry, reading)
        act = self._act(line.origin, read, line.n)
        self._append(line.origin, data or encode_line(line))
        place = Place(act.position, intern(line.origin), line.n, intern(entry.kind))
        code = self._hear(act, read)
        if act.hash not in self.places:
            self.places[act.hash] = place
        if code is not None:
            self._void_act(act, place, code)
        self.entry_ids.add((intern(entry.author), entry.id))
        return _outcome(act, code)

    def admit(
        self,
        entry: Entry,
        origin: str,
        *,
        now: Instant | None = None,
        reading: Reading | None = None,
    ) -> None:
        """Raise what a venue tells its own people before it takes their entry.

        `EvidenceError` where the entry is not authentic, `InputError` or `RefusedError` with the
        field and the rule where it would be void. With `now`, the venue's clock is asked too,
        although only the record decides: a bid after the deadline is refused (Order 20 art. 27),
        a pause by a clock that runs ahead, and going on after the limit of a fault.
        """
        self._check_session(entry)
        if not self.people.venues:
            self._check_founding(entry, origin)
            return
        read = reading_of(entry, reading)
        self._listen(self._act(origin, read, len(self.chains[origin])), read)
        if now is not None:
            self._ask_clock(entry, now)

    def _ask_clock(self, entry: Entry, now: Instant) -> None:
        if entry.kind in {"bid.sealed", "bid.withdrawn"} and now >= self.plan.deadline:
            raise refused("late", rule="order20/27")
        if entry.kind == "session.paused" and entry.at > now + CLOCK_TOLERANCE_MS:
            raise refused("clock_ahead", field="at", rule="session/faults")
        if entry.kind == "session.resumed":
            decision_to_resume(self, read_session_resumed(Fields(entry.body, "body")), now)

    def copy(self) -> Session:
        """Return a session that goes its own way, for what a branch has not yet sent to main.

        It costs what is new since the last copy, not what the record holds: what is old is shared
        (`layers`). To whoever reads this session nothing changes; nobody may read it meanwhile.
        """
        twin = Session.__new__(Session)
        mine, copies = vars(self), vars(twin)
        for name, value in mine.items():
            if type(value) in PARTS:
                copies[name] = _part_copied(value)
            else:
                mine[name], copies[name] = shared(value)
        for origin, chain in self.chains.items():
            self.chains[origin], twin.chains[origin] = shared(chain)
        return twin

    def _check_session(self, entry: Entry) -> None:
        if entry.session != self.session_id:
            raise EvidenceError("other_session", field="session")

    def _check_line(self, line: Line, entry: Entry) -> None:
        self._check_session(entry)
        if line.jws != entry.jws:
            raise EvidenceError("other_entry", field="line")
        if self.people.venues:
            known = self.chains.get(line.origin)
            if known is None:
                raise EvidenceError("unknown_origin", field="origin")
            if line.n != len(known):
                raise EvidenceError("gap", field="n", detail=f"expected {len(known)}")

    def _found(self, line: Line, entry: Entry) -> Outcome:
        body = self._check_founding(entry, line.origin)
        if line.n != 1:
            raise EvidenceError("gap", field="n", detail="expected 1")
        self.title, self.rules = body.title, find_rules(body.rulebook, field="body.rulebook")
        self.continues = _continued(body)
        self.people.found(body.main, [_venue(one) for one in body.venues])
        self.chains = {venue.id: [chain_start(self.session_id, venue.id)] for venue in body.venues}
        self.founding = leaf_hash(encode_line(line))
        act = self._act(line.origin, Reading(entry), line.n)
        self._append(line.origin, encode_line(line))
        self.places[act.hash] = Place(position=0, origin=line.origin, n=1, kind=entry.kind)
        self.entry_ids.add((entry.author, entry.id))
        return _outcome(act, None)

    def _check_founding(self, entry: Entry, origin: str) -> SessionFounded:
        body = _read_founding(entry)
        if (origin, entry.author) != (body.main, venue_actor(body.main)):
            raise EvidenceError("other_author", field="author", detail="only main founds")
        _founding_key(entry)
        return body

    def _act(self, origin: str, read: Reading, n: int) -> Act:
        owner = self._owner(read.entry)
        if owner.venue != origin:
            detail = "this key is enrolled at another venue"
            raise EvidenceError("other_origin", field="origin", detail=detail)
        return Act(
            entry=read.entry,
            hash=read.hash,
            origin=origin,
            n=n,
            position=self.size,
            author=self._author(owner),
        )

    def _author(self, owner: KeyOwner) -> Author:
        venue = acting_venue(owner.actor)
        if venue is not None:
            return Author.MAIN if venue == self.main else Author.BRANCH
        return _AUTHORS[owner.role or self.people.persons[owner.actor].role]

    def _append(self, origin: str, data: bytes) -> None:
        chain = self.chains[origin]
        chain.append(chain_next(chain[-1], data))
        self.size += 1

    def _hear(self, act: Act, read: Reading) -> str | None:
        try:
            count = self._listen(act, read)
        except (RefusedError, InputError) as void:
            return void.code
        self._count(act.entry.kind, count)
        return None

    def _count(self, kind: str, count: Callable[[], None]) -> None:
        """Count an entry and forget what was found before; a sealed mark changes nothing of it."""
        kept = self._kept
        self._kept = None
        try:
            count()
        finally:
            self._kept = kept if kind == SEALED_MARK else {}

    def _listen(self, act: Act, read: Reading) -> Any:  # noqa: ANN401  # the effect of whichever kind it is
        kind = self._check_kind(act)
        body = read.body(kind)
        if kind.name == FOUNDING:
            raise refused("already_founded")
        return ACTS[kind.name](self, act, body)

    def _check_kind(self, act: Act) -> Kind:
        kind = KINDS.get(act.entry.kind)
        if kind is None:
            raise refused("unknown_kind", field="kind")
        if act.author not in kind.authors:
            raise refused("not_allowed", field="author")
        if act.entry.kid in self.people.closed or act.entry.kid not in self.people.owners:
            raise refused("key_closed", field="kid")
        if act.hash in self.places or (act.actor, act.entry.id) in self.entry_ids:
            raise refused("repeated", field="id")
        if act.entry.seen_size > act.position and not self.box_is_open():
            raise refused("seen_ahead", field="seen.size")
        if self.paused and not kind.during_pause:
            raise refused("session_paused")
        self._check_phase(kind)
        return kind

    def _check_phase(self, kind: Kind) -> None:
        if self.phase in kind.phases:
            return
        if self.phase in ENDED:
            raise refused("session_ended", rule="session/phases")
        after = COURSE.index(self.phase) > COURSE.index(kind.phases[-1])
        raise refused("late" if after else "early", rule="session/phases")

    def _void_act(self, act: Act, place: Place, code: str) -> None:
        if code == "repeated":
            self.void_lines.append(_void_line(place, code))
            return
        self.void(place, act.hash, code)
        if act.entry.kind == ENROLMENT:
            note_refused_key(self, act)
        if code == "share_wrong":
            body = KINDS[act.entry.kind].read(Fields(act.entry.body, "body"))
            locate_wrong_share(self, act, body)  # type: ignore[arg-type]  # the kind says which


def _founding_key(entry: Entry) -> PublicKey:
    """Return main's key out of the founding entry's own body, which must be the one that signed."""
    body = _read_founding(entry)
    try:
        venues = [_venue(one) for one in body.venues]
    except BidevalError:
        detail = "a venue's key is refused"
        raise EvidenceError("founding_refused", field="body.venues", detail=detail) from None
    key = next(venue.key for venue in venues if venue.id == body.main)
    if key.key_id != entry.kid:
        raise EvidenceError("unknown_key", field="kid", detail="not the key of main")
    return key


def _read_founding(entry: Entry) -> SessionFounded:
    if entry.kind != FOUNDING:
        raise EvidenceError("not_founded", field="kind", detail="the first entry must found")
    try:
        body = read_session_founded(Fields(entry.body, "body"))
        _continued(body)
    except InputError as wrong:
        raise EvidenceError("founding_refused", field=wrong.field, detail=wrong.detail) from None
    return body


def _continued(body: SessionFounded) -> Continued | None:
    _, meeting = find_rules(body.rulebook, field="body.rulebook")
    if meeting.faults is None or body.continues is None:
        return None
    return read_continued(Fields(body.continues, "body.continues"))


def _venue(body: VenueBody) -> Venue:
    return Venue(
        id=body.id,
        name=body.name,
        key=public_key(body.suite, body.public, field="body.venues"),
        recipient=body.recipient,
        url=body.url,
    )


def _outcome(act: Act, code: str | None) -> Outcome:
    return Outcome(
        kind=act.entry.kind,
        counted=code is None,
        void_code=code,
        position=act.position,
        entry=act.hash,
    )


def _void_line(place: Place, code: str) -> VoidLine:
    return VoidLine(
        position=place.position, origin=place.origin, n=place.n, kind=place.kind, code=code
    )


_CONTAINERS = {part: tuple(one.name for one in fields(part)) for part in PARTS}


def _part_copied(part: Any) -> Any:  # noqa: ANN401  # one of the parts
    """Return a copy of a part with its own containers; what they hold is frozen."""
    twin = object.__new__(type(part))
    for name in _CONTAINERS[type(part)]:
        mine, copied = shared(getattr(part, name))
        setattr(part, name, mine)
        setattr(twin, name, copied)
    return twin
