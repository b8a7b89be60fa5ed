"""What dishonest venues and people would have signed, set against what they signed before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bideval.audit.contradictions import hexes, line_texts, placed_document, vouch_document
from bideval.audit.misbehaviour import Misbehaviour
from bideval.evidence.encoding import b64u
from bideval.evidence.signing import SigningKey, new_signing_key
from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.entry import Seen, entry_payload, parse_entry, sign_entry
from bideval.ledger.line import Line, chain_next, chain_start, encode_line, parse_line
from bideval.ledger.tree import consistency_path, leaf_hash, tree_root
from bideval.session.names import Phase
from bideval.sync.words import RECORD, Placed, Vouch
from tests.unit.audit.hearing import at, lines_of
from tests.unit.session.conversation import DEADLINE, SESSION, Conversation

BRANCH = "wencheng"


def talk_of() -> Conversation:
    return at(Phase.OPENED)


def key(talk: Conversation, venue: str) -> Any:
    return talk.actors[f"venue/{venue}"].key


def file_of(talk: Conversation, what: str, evidence: dict[str, object]) -> Misbehaviour:
    founding = lines_of(talk)[0].decode()
    return Misbehaviour(SESSION, what, founding, BRANCH, "2026-11-22T10:00:00.000+08:00", evidence)


def vouch(talk: Conversation, venue: str, stream: str, n: int, digest: bytes) -> Vouch:
    word = Vouch(SESSION, stream, n, digest)
    return Vouch(SESSION, stream, n, digest, key(talk, venue).sign(word.signed_bytes()))


def placed(talk: Conversation, n: int, digest: bytes, size: int, by: str = "fenghua") -> Placed:
    word = Placed(SESSION, BRANCH, n, digest, size)
    return Placed(SESSION, BRANCH, n, digest, size, key(talk, by).sign(word.signed_bytes()))


def leaves_of(lines: list[bytes]) -> list[bytes]:
    return [leaf_hash(line) for line in lines]


def checkpoint(talk: Conversation, leaves: list[bytes]) -> dict[str, object]:
    note = sign_checkpoint(key(talk, "fenghua"), SESSION, len(leaves), tree_root(leaves))
    return {"checkpoint": note}


def own_lines(lines: list[bytes], venue: str = BRANCH) -> list[bytes]:
    return [line for line in lines if line.startswith(f"{venue} ".encode())]


def chain_of(lines: list[bytes], venue: str = BRANCH) -> bytes:
    chain = chain_start(SESSION, venue)
    for line in own_lines(lines, venue):
        chain = chain_next(chain, line)
    return chain


# The kinds; `smaller` and so on are what an honest venue would have signed instead.


def two_heads(talk: Conversation, *, forked: bool = True, vouched: bool = False) -> Misbehaviour:
    """Main signs the record, and a smaller one in which a line is another."""
    leaves = leaves_of(lines_of(talk))
    size = len(leaves) - 2
    other = [*leaves[: size - 1], leaf_hash(b"fenghua 99 a.b.c")] if forked else leaves[:size]
    first = checkpoint(talk, other)
    if vouched:
        word = vouch(talk, "fenghua", RECORD, size, tree_root(other))
        first = vouch_document(word)
    evidence = {
        "first": first,
        "second": checkpoint(talk, leaves),
        "root": tree_root(leaves[:size]).hex(),
        "path": hexes(consistency_path(leaves, size, len(leaves))),
    }
    return file_of(talk, "two_heads", evidence)


def two_chains(
    talk: Conversation, *, forked: bool = True, venue: str = BRANCH, more: int = 0
) -> Misbehaviour:
    """A branch vouches for its lines, and for others of the same numbers and `more`."""
    lines = own_lines(lines_of(talk))
    chain = chain_of(lines)
    other = chain_next(chain_of(lines[:-1]), b"wencheng 9 a.b.c") if forked else chain
    rest = [b"wencheng %d a.b.c" % (len(lines) + 1 + number) for number in range(more)]
    end = other
    for line in rest:
        end = chain_next(end, line)
    evidence: dict[str, object] = {
        "venue": venue,
        "first": vouch_document(vouch(talk, venue, venue, len(lines), chain)),
        "second": vouch_document(vouch(talk, venue, venue, len(lines) + more, end)),
        "chain": other.hex(),
        "lines": line_texts(rest),
    }
    return file_of(talk, "two_chains", evidence)


def forged(line: bytes) -> bytes:
    """Return a line whose entry has another signature."""
    parsed = parse_line(line)
    head, _, signature = parsed.jws.rpartition(".")
    other = ("A" if signature[0] != "A" else "B") + signature[1:]
    return encode_line(Line(parsed.origin, parsed.n, f"{head}.{other}"))


def false_record(talk: Conversation, lines: list[bytes] | None = None) -> Misbehaviour:
    """Main signs a record whose last line of a branch is forged, or other lines."""
    told = list(lines_of(talk))
    last = max(at for at, line in enumerate(told) if line.startswith(f"{BRANCH} ".encode()))
    told[last] = forged(told[last])
    told = told if lines is None else lines
    word = vouch(talk, "fenghua", RECORD, len(told), tree_root(leaves_of(told)))
    evidence = {"head": vouch_document(word), "lines": line_texts(told)}
    return file_of(talk, "false_record", evidence)


def false_line(
    talk: Conversation,
    told: list[bytes] | None = None,
    *,
    known: int = 1,
    author: str | None = None,
) -> Misbehaviour:
    """A branch signs its own lines, the last of which is forged, or other ones after `known`."""
    mine = own_lines(lines_of(talk))
    lines = [*mine[known:-1], forged(mine[-1])] if told is None else told
    chain = before = chain_of(mine[:known])
    for line in lines:
        chain = chain_next(chain, line)
    name = author or parse_entry(parse_line(mine[-1]).jws).author
    public = talk.actors[name].key.public
    evidence = {
        "venue": BRANCH,
        "vouched": vouch_document(vouch(talk, BRANCH, BRANCH, known + len(lines), chain)),
        "before": before.hex(),
        "lines": line_texts(lines),
        "key": {"suite": public.suite.value, "public": b64u(public.raw)},
    }
    return file_of(talk, "false_line", evidence)


def omission(talk: Conversation, *, omitted: bool = True, last: int = 0) -> Misbehaviour:
    """Main places the branch's lines and signs a record without one of the last ones."""
    lines = lines_of(talk)
    mine = own_lines(lines)
    start = len(mine) - 1 - last
    without = [line for line in lines if line != mine[start]]
    without.append(b"fenghua 999 a.b.c")
    leaves = leaves_of(without if omitted else lines)
    evidence = {
        "venue": BRANCH,
        "placed": placed_document(placed(talk, len(mine), chain_of(lines), len(lines))),
        "before": chain_of(mine[:start]).hex(),
        "lines": [line.decode() for line in mine[start:]],
        "leaves": hexes(leaves),
        "head": checkpoint(talk, leaves),
    }
    return file_of(talk, "omission", evidence)


OPERATOR = "operator-wencheng"


def replaced() -> tuple[Conversation, SigningKey]:
    """Return a conversation in which an operator has a new key, and the old key."""
    talk = talk_of()
    actor = talk.actors[OPERATOR]
    talk.actors[OPERATOR] = replace(actor, key=new_signing_key("Ed25519", b"new".ljust(32, b".")))
    body = talk.enrolment(OPERATOR, "operator", BRANCH, replaces=actor.key.key_id)
    assert talk.say(f"venue/{BRANCH}", "person.enrolled", body).counted
    return talk, actor.key


def closed_key(*, unseen: int = 0, new: bool = False, **changes: Any) -> Misbehaviour:
    """An old key signs after a record in which a new one has replaced it."""
    talk, old = replaced()
    lines = lines_of(talk)
    lines = lines[: len(lines) - unseen]
    members: dict[str, Any] = {
        "session": SESSION,
        "author": OPERATOR,
        "kind": "opening.objected",
        "id": b64u(b"i" * 16),
        "at": DEADLINE,
        "body": {"text": "no"},
        "seen": Seen(len(lines), tree_root(leaves_of(lines)).hex()),
    }
    payload = entry_payload(**members | changes)
    evidence: dict[str, object] = {
        "lines": [line.decode() for line in lines],
        "entry": sign_entry(talk.actors[OPERATOR].key if new else old, payload),
    }
    return file_of(talk, "closed_key", evidence)
