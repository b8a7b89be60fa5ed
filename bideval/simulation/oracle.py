"""What must hold in every world, at every step and in the end.

Decided here: when each invariant is judged. At every commit, for the lines that are new: I1 (no
loss), I2 (no double), I3 (agreement), I4 (authenticity), I5 to I7 (secrecy: what entries and
released shares give away), I9 and I10 (whose words count, and when), I12 (no write in doubt). At
every answer to a person or a peer: I1; at every view: I5 to I7. In the end: all of them over whole
records, and I13 (liveness).
Not decided here: what gives a secret away (secrecy), and the rules of the course (proceedings).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from bideval.actions.authoring import turn_id
from bideval.actions.verifying import verify_record
from bideval.audit.replay import first_forged
from bideval.ledger.entry import parse_entry, verify_entry
from bideval.ledger.line import parse_line
from bideval.simulation.devices import age_keys, signing_key
from bideval.simulation.memory_store import Reading
from bideval.simulation.proceedings import Proceedings
from bideval.simulation.secrecy import Dates, Secrets, early_view, early_words, opened_names
from bideval.sync import effects as fx
from bideval.sync.trails import Direction
from bideval.sync.words import outweighs
from bideval.terms.errors import EvidenceError
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    from bideval.evidence.signing import PublicKey
    from bideval.ledger.entry import Entry
    from bideval.ports import Event, StoredLine
    from bideval.simulation.memory_store import Record
    from bideval.sync.words import Word

    Words = dict[tuple[str, str, type[Word]], Word]

World: TypeAlias = Any
Place: TypeAlias = Any
End: TypeAlias = Any
Meeting: TypeAlias = Any
"""Of the province and its wires, which know the oracle: modules have no cycles."""


BLAME = frozenset(
    {
        fx.FaultKind.AUTHENTICATION,
        fx.FaultKind.MALFORMED,
        fx.FaultKind.LIMIT,
        fx.FaultKind.ROLE,
        fx.FaultKind.FORK,
        fx.FaultKind.STALE_BACKUP,
        fx.FaultKind.LINES,
        fx.FaultKind.CHECKPOINT,
        fx.FaultKind.FILE,
    }
)
"""What only a venue that lies, or has lost its disk, may be found with."""


class ViolationError(AssertionError):
    """An invariant does not hold."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an author was told of an entry: at which venue, in which session."""

    venue: str
    session: str


class Oracle:
    """Watches one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.here: dict[str, Heard] = {}
        """Entries whose authors were told *saved here*."""
        self.session: dict[str, Heard] = {}
        """Entries whose authors were told *saved by the session*."""
        self.liars: set[str] = set()
        """Venues that do not keep to the protocol."""
        self.forked: set[str] = set()
        """Sessions whose main lies: they need not settle, but no honest copy may change."""
        self.lost_disks = 0
        """Disks that are gone: what was said of them before is not true at this moment."""
        self.proceedings = Proceedings("", {})
        """What the session's record shows, line by line."""
        self.secrets = Secrets()
        self._dates: dict[str, Dates] = {}
        self._words: dict[str, Words] = {}
        self._sizes: dict[tuple[str, str], int] = {}
        self._known: dict[tuple[str, str], tuple[int, int]] = {}
        """Lines that were looked at, by venue and session: placed ones, and the venue's own."""
        self._looked: dict[str, Entry] = {}

    def expect(self, session: str, meeting: Meeting | None = None) -> None:
        """Learn which session is held, and what is true and secret in it."""
        self.proceedings = Proceedings(session, meeting.truth if meeting else {})
        if meeting is not None:
            self.secrets = meeting.secrets

    def _check_words(self, place: Place) -> None:
        """What a venue has heard is evidence; it never comes to hold anybody to less."""
        now, before = place.disk.image.words, self._words.get(place.id, {})
        if now is before:
            return
        for key, word in before.items():
            kept = now.get(key)
            if kept is None or outweighs(word, kept):
                raise ViolationError(f"I1: {place.id} forgets what was signed up to {word.n}")
        self._words[place.id] = now

    # At every step.

    def committed(self, place: Place, sessions: set[str]) -> None:
        """Look at what a venue has just made durable."""
        if place.disk.doubtful:
            raise ViolationError(f"I12: {place.id} writes before it has verified")
        if place.clock_jumped:
            raise ViolationError(f"I12: {place.id} writes although its clock has jumped")
        if place.id in self.liars:
            return
        self._check_words(place)
        for session in sessions:
            if not session.startswith(VENUE_LOG):
                self._committed(place, session)
                self._look_at_new_lines(place, session)
                self._proceed(place, session)

    def restored(self, place: Place, words: Words) -> None:
        """Forget how far a venue was, whose disk is an older one now, and has these words again."""
        self.lost_disks += 1
        self._words[place.id] = words
        for key in [key for key in self._sizes if key[0] == place.id]:
            del self._sizes[key]
            self._known.pop(key, None)
        self._dates.pop(place.id, None)
        lost = [entry for entry, heard in self.here.items() if heard.venue == place.id]
        for entry in lost:
            del self.here[entry]  # a disk that is gone takes with it what nobody else had

    def told(self, end: End, effect: fx.Effect) -> None:
        """Look at what a venue learns about a peer's disk."""
        if self.lost_disks:
            return  # what is on its way was said by a disk that is gone
        if not isinstance(effect, fx.PeerHas) or {end.peer.id, end.place.id} & self.liars:
            return
        record = end.peer.disk.image.records.get(effect.session)
        durable = 0
        if record is not None:
            up = effect.direction is Direction.UP
            durable = len(record.lines.get(end.place.id, [])) if up else len(record.order)
        if effect.upto > durable:
            detail = f"{end.place.id} hears {effect.upto}, {end.peer.id} has {durable}"
            raise ViolationError(f"I1: {detail}")

    def blamed(self, place: Place, fault: fx.FaultFound) -> None:
        """Look at what a venue finds wrong with another: honest ones find nothing that is blame."""
        excused = self.liars or self.lost_disks or self._world.faults.garble
        if fault.kind in BLAME and not excused:
            detail = f"{place.id} blames an honest venue: {fault.kind}, {fault.detail}"
            raise ViolationError(f"I13: {detail}")

    def hinted(self, event: Event) -> None:
        """Look at what an author is told while waiting."""
        if event.data.get("type") == "saved" and event.data.get("saved") == "session":
            entry = str(event.data["entry"])
            if entry in self.here:
                self.saved(entry, self.here[entry], wide=True)

    def saved(self, entry: str, heard: Heard, *, wide: bool) -> None:
        """Note what an author was told; it must be so at this very moment."""
        self.here[entry] = heard
        if not wide:
            return
        self.session[entry] = heard
        holders = [
            place.id
            for place in self._world.places.values()
            if entry in place.disk.image.records.get(heard.session, _NOTHING).hashes
        ]
        if len(holders) < 2 and not (self.liars or self.lost_disks):
            raise ViolationError(
                f"I1: {entry[:8]} is told as saved by the session, is at {holders}"
            )

    def _committed(self, place: Place, session: str) -> None:
        record = place.disk.image.records[session]
        self._world.seen["promised lines come first"] += bool(record.owed)
        key = (place.id, session)
        size, before = len(record.order), self._sizes.get(key, 0)
        if size < before:
            raise ViolationError(f"I1: {place.id} has {size} lines of {session}, had {before}")
        main = self._world.places[record.main]
        if main.id not in self.liars and main is not place:
            theirs = main.disk.image.records.get(session, _NOTHING)
            end = min(size, len(theirs.leaves)) if self.lost_disks else size
            if record.leaves[before:end] != theirs.leaves[before:end]:
                raise ViolationError(f"I3: {place.id}'s {session} is no beginning of main's")
        self._sizes[key] = size

    def viewed(self, place: Place, person: str, view: dict[str, Any]) -> None:
        """Look at what a person is shown."""
        early = early_view(person, view, self.secrets, self._dates_of(place))
        if early is not None:
            raise ViolationError(f"I5-I7: at {place.id} {early}")

    def _dates_of(self, place: Place) -> Dates:
        return self._dates.setdefault(place.id, Dates())

    def _look_at_new_lines(self, place: Place, session: str) -> None:
        """Judge what is new on a disk: signed by whom (I4), giving what away (I5 to I7)."""
        dates = self._dates_of(place)
        for stored in self._new_lines(place, session):
            entry = self._entry(stored)
            if place.id == stored.origin and is_turn(entry):
                self._world.seen["act said again"] += 1
            early = early_words(entry, self.secrets, dates) or self._bare_bid(place, entry)
            if early is not None and not (self.liars or self.lost_disks):
                raise ViolationError(f"I5-I7: at {place.id} {early}")
            dates.take(entry)

    def _bare_bid(self, place: Place, entry: Entry) -> str | None:
        """Return what stands readable in the file of a sealed bid; None if nothing does."""
        if entry.kind != "bid.sealed":
            return None
        file: Any = entry.body["ciphertext"]
        text = place.disk.image.blobs.get(file["sha256"], b"").decode("utf-8", "ignore")
        found = self.secrets.found_in(text, purpose="bid")
        return None if found is None else f"the file of a bid says {found!r}"

    def _new_lines(self, place: Place, session: str) -> list[StoredLine]:
        """Return what a disk has got: in record order, then its venue's own without a place."""
        record = place.disk.image.records[session]
        own = record.lines.get(place.id, [])
        placed, said = self._known.get((place.id, session), (0, 0))
        self._known[place.id, session] = (len(record.order), len(own))
        new = [record.lines[origin][n - 1] for origin, n in record.order[placed:]]
        return new + [line for line in own[said:] if line.position is None]

    def _entry(self, stored: StoredLine) -> Entry:
        """Return a line's entry, whose signature is right; raises ViolationError otherwise."""
        known = self._looked.get(stored.entry_hash)
        if known is not None:
            return known
        entry = parse_entry(parse_line(stored.line).jws)
        key = self._key_of(entry)
        try:
            verify_entry(entry, key)
        except EvidenceError as wrong:
            detail = f"{entry.kind} of {entry.author}: {wrong.code}"
            raise ViolationError(f"I4: {detail}") from None
        self._looked[stored.entry_hash] = entry
        return entry

    def _key_of(self, entry: Entry) -> PublicKey:
        """Return the one key of an author in every world: it was made from the name."""
        name = entry.author.removeprefix("venue/")
        return signing_key(name).public

    def _proceed(self, place: Place, session: str) -> None:
        """Let the rules of the course judge the lines that nobody had in their place before."""
        if self.liars or self.lost_disks or session in self.forked:
            return
        record = place.disk.image.records[session]
        for origin, n in record.order[self.proceedings.size :]:
            wrong = self.proceedings.take(record.lines[origin][n - 1].line)
            if wrong is not None:
                raise ViolationError(wrong)
        self._world.seen["key of a void enrolment"] += self.proceedings.new_refused_keys()

    # In the end.

    def check_settled(self) -> None:
        """Everything is everywhere, once, verified, cosigned, and told as it is."""
        for place in self._honest():
            for session in place.disk.image.records:
                reader: Any = Reading(place.disk.image)
                verify_record(reader, session, checker=first_forged)
                if not session.startswith(VENUE_LOG):
                    self._check_once(place, session)
                    self._check_names(place, session)
        for entry, heard in self.here.items():
            self._check_kept(entry, heard, [self._world.places[heard.venue]])
        for entry, heard in self.session.items():
            self._check_kept(entry, heard, self._honest())
        for session in self._sessions():
            if session not in self.forked:
                self._check_agreed(session)
                self._check_same_result(session)

    def settled(self) -> bool:
        """Whether nothing is under way any more."""
        try:
            for session in self._sessions() - self.forked:
                self._check_agreed(session)
        except ViolationError:
            return False
        return True

    def _honest(self) -> list[Place]:
        return [one for one in self._world.places.values() if one.id not in self.liars]

    def _sessions(self) -> set[str]:
        return {
            session
            for place in self._honest()
            for session in place.disk.image.records
            if not session.startswith(VENUE_LOG)
        }

    def _check_once(self, place: Place, session: str) -> None:
        record = place.disk.image.records[session]
        ids = Counter(
            (line.author, line.entry_id) for lines in record.lines.values() for line in lines
        )
        doubled = [name for name, count in ids.items() if count > 1]
        if doubled or len(set(record.order)) != len(record.order):
            raise ViolationError(f"I2: {place.id} holds twice: {doubled}")

    def _check_names(self, place: Place, session: str) -> None:
        """Names of the drawn go to the venue that expects them, and to no other."""
        lines = [one for lines in place.disk.image.records[session].lines.values() for one in lines]
        opened = opened_names(age_keys(place.id)[0], place.id, lines)
        if opened:
            raise ViolationError(f"I7: {place.id} opens {opened}")

    def _check_kept(self, entry: str, heard: Heard, places: list[Place]) -> None:
        for place in places:
            if place.id in self.liars or heard.session in self.forked:
                continue
            record = place.disk.image.records.get(heard.session, _NOTHING)
            if entry not in record.hashes:
                raise ViolationError(f"I1: {entry[:8]} of {heard.venue} is not at {place.id}")

    def _check_agreed(self, session: str) -> None:
        copies = {
            place: place.disk.image.records[session]
            for place in self._honest()
            if session in place.disk.image.records
        }
        heads = {place.id: (len(one.order), one.frontier.root()) for place, one in copies.items()}
        if len(copies) < len(self._honest()) or len(set(heads.values())) > 1:
            sizes = {name: size for name, (size, _) in heads.items()}
            raise ViolationError(f"I13: copies of {session} differ: {sizes}")
        for place, record in copies.items():
            pending = [
                line for lines in record.lines.values() for line in lines if line.position is None
            ]
            if pending:
                raise ViolationError(f"I13: {place.id} has {len(pending)} lines without a place")
            if record.awaiting:
                raise ViolationError(f"I13: {place.id} waits for {record.awaiting}")
            if place.id == record.main:
                self._check_cosigned(place, session, record)

    def _check_same_result(self, session: str) -> None:
        views = {self._result(place, session) for place in self._honest()}
        if len(views) > 1:
            raise ViolationError(f"I3: the same head of {session} means different things")

    def _check_cosigned(self, place: Place, session: str, record: Record) -> None:
        newest = record.checkpoints.get(len(record.order))
        others = {one.id for one in self._honest()} - {place.id}
        if newest is None or not others <= set(newest.cosignatures):
            raise ViolationError(f"I13: the head of {session} is not cosigned by all")

    def _result(self, place: Place, session: str) -> str:
        with place.venue.book.reading(session) as fold:
            void = [(one.position, one.code) for one in fold.void_lines]
            absent = sorted(fold.people.absent)
            return repr(
                (fold.size, fold.phase, fold.paused, void, absent, sorted(fold.people.persons))
            )


def is_turn(entry: Entry) -> bool:
    """Whether a venue says an act for the second time, because the first was void."""
    about = entry.author.removeprefix("venue/")
    return entry.kind == "nonce.sealed" and entry.id == turn_id(entry.kind, (about,), 1)


class _Nothing:
    """What a venue without the record holds of it."""

    def __init__(self) -> None:
        self.hashes: dict[str, tuple[str, int]] = {}
        self.leaves: list[bytes] = []


_NOTHING = _Nothing()
