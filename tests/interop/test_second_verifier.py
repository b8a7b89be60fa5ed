"""A verifier that knows docs/spec only agrees with ours on good bundles and on corrupted ones.

`verifier.mjs` was written from the pages, in another language, without a module of ours: it takes
all steps of docs/spec/bundle.md. A corruption inside an intact container is signed again with true
keys, as a dishonest venue would. Both have to end at the same step.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from bideval.audit.container import read_container, source, write_container
from bideval.audit.verifier import verify_bundle
from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.signing import new_signing_key
from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.entry import entry_hash, parse_entry
from bideval.ledger.line import Line, chain_next, chain_start, encode_line, parse_line
from bideval.ledger.proof import make_proof
from bideval.ledger.receipt import Receipt, receipt_place, sign_receipt
from bideval.ledger.tree import inclusion_path, leaf_hash, tree_root
from bideval.session.names import Phase
from bideval.terms.errors import BidevalError
from tests.interop.second_verifier import verdict
from tests.unit.audit.frauds import FRAUDS, write_frauds
from tests.unit.audit.hearing import (
    Hearing,
    at,
    bundle_of,
    lines_of,
    note_of,
    position,
    rewritten,
)
from tests.unit.audit.insider import AGAINST_THE_RULES
from tests.unit.audit.retelling import eventful
from tests.unit.session.conversation import MARKS, SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

STRANGER = new_signing_key("Ed25519", bytes(32))


@cache
def talk() -> Hearing:
    return at(Phase.ARCHIVED)


@cache
def drawing() -> Hearing:
    """Return a hearing that ends with its draw, so that no later entry vouches for it."""
    hearing = at(Phase.OPENED)
    hearing.draw()
    return hearing


@cache
def good() -> bytes:
    return bundle_of(talk())


def second(data: bytes, folder: Path, *receipts: str) -> tuple[str, str]:
    """Return what the second verifier says of a bundle and receipts in `folder`."""
    names = [folder / "bundle", *(folder / f"receipt-{at}" for at, _ in enumerate(receipts))]
    for name, content in zip(names, (data, *(one.encode() for one in receipts)), strict=True):
        name.write_bytes(content)
    return verdict(names[0], receipts=names[1:])


def first(data: bytes, receipts: Mapping[str, bytes] | None = None) -> str:
    """Return the step at which our verifier ends, or `ok`."""
    try:
        found = verify_bundle(data, receipts=receipts)
    except BidevalError:
        return "container"
    return "ok" if found.ok else found.steps[-1].name


@pytest.mark.parametrize("phase", [Phase.PREPARED, Phase.DRAWN, Phase.SCORING, Phase.ARCHIVED])
def test_good_bundles_pass_and_both_read_the_same_facts(phase: Phase, tmp_path: Path) -> None:
    hearing = at(phase)
    data = bundle_of(hearing)
    step, said = second(data, tmp_path)
    assert step == "ok", said
    lines = lines_of(hearing)
    current = hearing.session.results.current
    named = len(hearing.session.panel.spent)
    opened = [bid for bid in hearing.session.bidding.bids.values() if bid.state == "opened"]
    assert verify_bundle(data).ok
    assert json.loads(said) == {
        "session": SESSION,
        "root": tree_root([leaf_hash(line) for line in lines]).hex(),
        "size": len(lines),
        "cosigned": ["beilun", "wencheng"],
        "phase": phase.value,
        "bids": {"opened": len(opened), "unopenable": 0},
        "void": [],
        "seed": hearing.seed().hex() if phase is not Phase.PREPARED else None,
        "names": named if phase is Phase.ARCHIVED else 0,
        "result": None if current is None else dict(current.body.lots),
    }


def _member(name: str, value: bytes) -> Callable[[bytes], bytes]:
    """Return what gives a member of a manifest another value."""
    old = re.compile(rb'"%s":(\[[^]]*\]|"[^"]*"|[0-9]+)(?=[,}])' % name.encode())
    return lambda data: old.sub(lambda _: b'"%s":%s' % (name.encode(), value), data)


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("manifest", _member("made_at", b'"yesterday"')),
        ("manifest", _member("exported_by", b'"X"')),
        ("manifest", _member("root", b'"zz"')),
        ("manifest", _member("absent", b'["x"]')),
        ("manifest", _member("absent", b'["%s","%s"]' % (b"b" * 64, b"a" * 64))),
        ("manifest", _member("session", b'"S"')),
        ("checkpoint", lambda data: data.replace("\u2014".encode(), b"\xff", 1)),
        ("checkpoint", lambda data: data + b"x" * 65_536),
    ],
)
def test_a_bundle_with_a_malformed_part_ends_at_the_container(
    section: str, change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    parts = [(part.name, bytes(part.data)) for part in read_container(good())]
    changed = [(name, change(data) if name == section else data) for name, data in parts]
    assert changed != parts
    data = b"".join(write_container(source(*part) for part in changed))

    assert (first(data), second(data, tmp_path)[0]) == ("container", "container")


def test_a_course_with_a_replaced_member_and_void_entries_is_read_alike(tmp_path: Path) -> None:
    data = bundle_of(eventful())

    step, said = second(data, tmp_path)

    ours = verify_bundle(data)
    facts = json.loads(said)
    assert (step, ours.ok) == ("ok", True)
    assert (facts["phase"], facts["result"]["1"]) == (ours.phase, ours.result)
    assert len(facts["void"]) == len(eventful().session.void_lines)


def test_a_correction_that_waits_for_its_version_contradicts_nothing(tmp_path: Path) -> None:
    hearing = at(Phase.SCORING)
    hearing.script["beilun-01"] = {**MARKS, "bid-a": {**MARKS["bid-a"], "design": "99"}}
    hearing.until(Phase.RELEASED).release_marks()
    hearing.consolidate()
    item = {"bid": "bid-a", "criterion": "design", "before": "99.0", "after": "20"}
    because = {"ground": "out_of_range", "reason": "the sheet says 20"}
    hearing.must("beilun-01", "mark.corrected", item | because)
    stopped = bundle_of(hearing)
    hearing.consolidate()
    final = bundle_of(hearing)

    ends = [json.loads(second(data, tmp_path)[1])["result"]["1"] for data in (stopped, final)]

    assert [end["final"] for end in ends] == [False, True]
    assert ends == [verify_bundle(data).result for data in (stopped, final)]


# Corruptions


def flipped(data: bytes, at_byte: int) -> bytes:
    return data[:at_byte] + bytes([data[at_byte] ^ 1]) + data[at_byte + 1 :]


def swapped() -> list[bytes]:
    """Let two neighbours of one venue change places."""
    lines = lines_of(talk())
    origins = [parse_line(line).origin for line in lines]
    place = next(at for at in range(9, len(lines)) if origins[at] == origins[at + 1])
    lines[place : place + 2] = [lines[place + 1], lines[place]]
    return lines


def replaced(kind: str, change: Callable[[str], str]) -> list[bytes]:
    lines = lines_of(talk())
    place = position(talk(), kind)
    line = parse_line(lines[place])
    lines[place] = encode_line(Line(line.origin, line.n, change(line.jws)))
    return lines


def strange_note() -> str:
    lines = lines_of(talk())
    root = tree_root([leaf_hash(line) for line in lines])
    return sign_checkpoint(STRANGER, SESSION, len(lines), root)


def broken_cosignature() -> str:
    """Return the note with other seconds in the last cosignature."""
    note = note_of(talk(), lines_of(talk()))
    head, _, encoded = note[:-1].rpartition(" ")
    return f"{head} {encoded[:14]}{'A' if encoded[14] != 'A' else 'B'}{encoded[15:]}\n"


def twice() -> list[bytes]:
    lines = lines_of(talk())
    again = parse_line(lines[position(talk(), "phase.moved")])
    count = sum(parse_line(line).origin == again.origin for line in lines)
    return [*lines, encode_line(Line(again.origin, count + 1, again.jws))]


def other_header(jws: str) -> str:
    _, content, signature = jws.split(".")
    head = '{"alg":"none","kid":"' + parse_entry(jws).kid + '","typ":"bideval-entry/1"}'
    return f"{b64u(head.encode())}.{content}.{signature}"


def other_file() -> bytes:
    """Return the good bundle with other bytes under a file's name, and digests that fit them."""
    digest, content = next(iter(talk().files.items()))
    other = flipped(content, len(content) // 2)
    head = f"file/{digest} {len(content)} ".encode()
    body = good().replace(
        head + digest.encode() + b"\n" + content, head + hex_digest(other).encode() + b"\n" + other
    )
    body = body[: body.rindex(b"end ")]
    return body + f"end {hex_digest(body)}\n".encode()


CORRUPTIONS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "one bit of the middle": ("container", lambda: flipped(good(), len(good()) // 2)),
    "a byte after the end": ("container", lambda: good() + b"\n"),
    "cut by one byte": ("container", lambda: good()[:-1]),
    "a file with other bytes": (
        "container",
        other_file,
    ),
    "a body under its old signature": (
        "signatures",
        lambda: bundle_of(
            talk(), lines=rewritten(talk(), position(talk(), "chair.voted"), round=2)
        ),
    ),
    "an entry signed by somebody else": (
        "fold",
        lambda: bundle_of(
            talk(),
            lines=rewritten(
                talk(), position(talk(), "chair.voted"), key_of="venue/fenghua", round=1
            ),
        ),
    ),
    "a header that asks for no signature": (
        "signatures",
        lambda: bundle_of(talk(), lines=replaced("chair.voted", other_header)),
    ),
    "two lines in another order": ("fold", lambda: bundle_of(talk(), lines=swapped())),
    "a line left out": (
        "fold",
        lambda: bundle_of(talk(), lines=lines_of(talk())[:-2] + lines_of(talk())[-1:]),
    ),
    "an entry of main that is there twice": ("fold", lambda: bundle_of(talk(), lines=twice())),
    "a checkpoint of somebody else": ("tree", lambda: bundle_of(talk(), note=strange_note())),
    "a checkpoint of an earlier record": (
        "tree",
        lambda: bundle_of(talk(), note=note_of(talk(), lines_of(talk())[:-1])),
    ),
    "a cosignature with another time": (
        "cosignatures",
        lambda: bundle_of(talk(), note=broken_cosignature()),
    ),
    "a missing cosignature": (
        "cosignatures",
        lambda: bundle_of(talk(), note=note_of(talk(), lines_of(talk()), branches=("beilun",))),
    ),
    "another seed": (
        "draw",
        lambda: bundle_of(
            drawing(),
            lines=rewritten(
                drawing(),
                position(drawing(), "draw.computed"),
                key_of="venue/fenghua",
                seed="ab" * 32,
            ),
        ),
    ),
    "another commitment": (
        "draw",
        lambda: bundle_of(
            drawing(),
            lines=rewritten(
                drawing(),
                position(drawing(), "nonce.sealed"),
                key_of=parse_entry(drawing().lines[position(drawing(), "nonce.sealed")].jws).author,
                commitment="ab" * 32,
            ),
        ),
    ),
}


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_corrupted_bundles_are_refused_by_both_at_the_same_step(name: str, tmp_path: Path) -> None:
    step, make = CORRUPTIONS[name]
    data = make()
    assert (second(data, tmp_path)[0], first(data)) == (step, step)


@pytest.mark.parametrize("name", list(AGAINST_THE_RULES))
def test_acts_against_the_rules_are_found_where_ours_finds_them(name: str, tmp_path: Path) -> None:
    fraud = AGAINST_THE_RULES[name]

    assert second(fraud.make(), tmp_path)[0] == fraud.step


# The practice of the auditor's guide, whose test holds our verifier to the same steps

FOUND = {
    "changed-mark": "signatures",
    "removed-entry": "fold",
    "swapped-sheet": "signatures",
    "rigged-draw": "draw",
    "late-bid": "fold",
    "early-opening": "fold",
    "forged-cosignature": "cosignatures",
    "replaced-member-counted": "result",
    "changed-rule-set": "against",
    "edited-report": "container",
    "cut-tail": "receipts",
    "fork": "against",
}


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    write_frauds(folder)
    return folder


def test_every_planted_fraud_has_its_step() -> None:
    assert FOUND.keys() == FRAUDS.keys()


@pytest.mark.parametrize("name", list(FOUND))
def test_planted_frauds_are_found_by_the_command_of_the_guide(name: str, practice: Path) -> None:
    bundle, step = practice / f"{name}.bundle", FOUND[name]
    by_others = step in {"against", "receipts"}

    assert verdict(bundle)[0] == ("ok" if by_others else step)
    if step == "against":
        assert verdict(bundle, against=practice / "branch.bundle")[0] == step
    if step == "receipts":
        assert verdict(bundle, receipts=[practice / "kept.receipt"])[0] == step


# Receipts


def receipt(kind: str, *, wrong: bool = False) -> str:
    """Return what the venue gave to the author of the first entry of a kind."""
    place = position(talk(), kind)
    line = talk().lines[place]
    chain = chain_start(SESSION, line.origin)
    for one in talk().lines[: place + 1]:
        if one.origin == line.origin and not (wrong and one.n == 1):
            chain = chain_next(chain, encode_line(one))
    entry = parse_entry(line.jws)
    said = Receipt(
        session=SESSION,
        origin=line.origin,
        entry=entry_hash(line.jws),
        place=receipt_place(chain),
        at=entry.at,
    )
    return sign_receipt(talk().actors[f"venue/{line.origin}"].key, said)


def proof(index: int, claimed: int) -> str:
    lines = lines_of(talk())
    leaves = [leaf_hash(line) for line in lines]
    return make_proof(claimed, inclusion_path(leaves, index), note_of(talk(), lines))


def test_receipts_of_both_sorts_are_held_against_the_record(tmp_path: Path) -> None:
    place = position(talk(), "bid.sealed")
    kept = receipt("bid.sealed")
    line = talk().lines[place]
    public = b64u(talk().actors[f"venue/{line.origin}"].key.public.raw)
    file = json.dumps({"receipt": kept, "jws": line.jws})
    written = f"bideval-kept/1 Ed25519 {public} {kept}"
    step, said = second(good(), tmp_path, kept, written, file, proof(place, place))
    assert step == "ok", said


@pytest.mark.parametrize(
    "make",
    [
        lambda: receipt("bid.sealed", wrong=True),
        lambda: receipt("bid.sealed").replace(".", ".A", 1),
        lambda: proof(3, 4),
    ],
    ids=["lines before it were others", "changed", "another place"],
)
def test_receipts_that_do_not_fit_are_refused(make: Callable[[], str], tmp_path: Path) -> None:
    kept = make()
    found = first(good(), {"kept": kept.encode()})
    assert (second(good(), tmp_path, kept)[0], found) == ("receipts", "receipts")
