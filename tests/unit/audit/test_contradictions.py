"""Each rule proves what contradicts itself, against the right key, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bideval.audit.contradictions import vouch_document
from bideval.audit.misbehaviour import judge
from bideval.evidence.encoding import b64u
from bideval.ledger.entry import EMPTY_ROOT, Seen, entry_payload, parse_entry, sign_entry
from bideval.ledger.line import chain_next
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.sync.words import RECORD
from bideval.terms.errors import BidevalError, EvidenceError
from tests.unit.audit import misdeeds
from tests.unit.audit.hearing import lines_of
from tests.unit.audit.misdeeds import BRANCH, OPERATOR, key, talk_of
from tests.unit.session.conversation import SESSION

MAIN = "fenghua"


def unproven(found):
    with pytest.raises(BidevalError) as caught:
        judge(found)
    return caught.value.code, caught.value.field


def changed(found, **changes):
    return replace(found, evidence={**found.evidence, **changes})


def test_two_heads_prove_it_against_main():
    talk = talk_of()
    judged = judge(misdeeds.two_heads(talk))
    size = len(lines_of(talk)) - 2
    assert (judged.accused, judged.kid) == ("venue/fenghua", key(talk, MAIN).key_id)
    assert judged.words[0].startswith(f"signed that the first {size} lines of the record come to ")


def test_word_on_a_link_is_a_head_too():
    judged = judge(misdeeds.two_heads(talk_of(), vouched=True))
    assert judged.words[0].endswith("(vouched on a link)")


def test_two_heads_of_one_size_need_no_path():
    talk = talk_of()
    found = misdeeds.two_heads(talk)
    leaves = misdeeds.leaves_of(lines_of(talk))
    other = misdeeds.checkpoint(talk, [*leaves[:-1], leaves[0]])
    root = tree_root(leaves).hex()
    assert judge(changed(found, first=other, root=root, path=[])).accused == "venue/fenghua"


@pytest.mark.parametrize("vouched", [False, True])
def test_head_that_the_other_extends_proves_nothing(vouched):
    found = misdeeds.two_heads(talk_of(), forked=False, vouched=vouched)
    assert unproven(found) == ("not_proven", "evidence.root")


def test_root_that_the_larger_head_does_not_prove_proves_nothing():
    found = misdeeds.two_heads(talk_of(), forked=False)
    assert unproven(changed(found, root="77" * 32)) == ("consistency_failed", "root")


def test_heads_the_wrong_way_round_prove_nothing():
    found = misdeeds.two_heads(talk_of())
    first, second = found.evidence["first"], found.evidence["second"]
    assert unproven(changed(found, first=second, second=first)) == ("not_proven", "evidence.first")


def test_head_of_another_key_proves_nothing():
    talk = talk_of()
    found = misdeeds.two_heads(talk)
    forged = vouch_document(misdeeds.vouch(talk, BRANCH, RECORD, 3, b"?" * 32))
    assert unproven(changed(found, first=forged)) == ("signature_invalid", "signature")


def test_two_chains_prove_it_against_the_branch():
    talk = talk_of()
    judged = judge(misdeeds.two_chains(talk))
    assert (judged.accused, judged.kid) == (f"venue/{BRANCH}", key(talk, BRANCH).key_id)


def test_one_chain_said_twice_proves_nothing():
    found = misdeeds.two_chains(talk_of(), forked=False)
    assert unproven(found) == ("not_proven", "evidence.second")


def test_longer_chain_that_does_not_continue_the_other_proves_it_too():
    talk = talk_of()
    count = len(misdeeds.own_lines(lines_of(talk)))
    judged = judge(misdeeds.two_chains(talk, more=2))
    assert judged.accused == f"venue/{BRANCH}"
    assert judged.words[1].startswith(f"signed {count + 2} lines of its own whose first {count} ")


def test_longer_chain_that_continues_the_other_proves_nothing():
    found = misdeeds.two_chains(talk_of(), forked=False, more=2)
    assert unproven(found) == ("not_proven", "evidence.second")


def test_chain_that_does_not_lead_to_what_was_signed_proves_nothing():
    found = misdeeds.two_chains(talk_of(), more=1)
    assert unproven(changed(found, chain="77" * 32)) == ("not_proven", "evidence.chain")
    assert unproven(changed(found, lines=["other"])) == ("not_proven", "evidence.chain")


def test_chains_whose_lines_are_not_told_prove_nothing():
    found = misdeeds.two_chains(talk_of(), more=1)
    assert unproven(changed(found, lines=[])) == ("not_proven", "evidence.first")


def test_chain_of_main_or_of_a_stranger_proves_nothing():
    talk = talk_of()
    assert unproven(misdeeds.two_chains(talk, venue=MAIN)) == ("not_proven", "evidence.venue")
    found = changed(misdeeds.two_chains(talk), venue="jiande")
    assert unproven(found) == ("not_proven", "evidence.venue")


def test_word_about_the_record_is_no_word_about_own_lines():
    talk = talk_of()
    found = misdeeds.two_chains(talk)
    other = vouch_document(misdeeds.vouch(talk, BRANCH, RECORD, 2, b"?" * 32))
    assert unproven(changed(found, second=other)) == ("signature_invalid", "signature")


def test_record_with_a_forged_line_proves_it_against_main():
    talk = talk_of()
    judged = judge(misdeeds.false_record(talk))
    assert (judged.accused, judged.kid) == ("venue/fenghua", key(talk, MAIN).key_id)
    assert judged.words[1].endswith("cannot stand: its author's key did not sign it")


def no_line(lines):
    return [*lines[:-1], b"\xff no line"]


def without_one(lines):
    return [line for at, line in enumerate(lines) if at != len(lines) - 3]


def with_one_twice(lines):
    return [*lines, lines[-1]]


@pytest.mark.parametrize("false", [no_line, without_one, with_one_twice])
def test_record_that_does_not_fold_proves_it_against_main(false):
    talk = talk_of()
    judged = judge(misdeeds.false_record(talk, false(lines_of(talk))))
    assert judged.accused == "venue/fenghua"
    assert " cannot stand: " in judged.words[1]


def test_record_that_folds_proves_nothing():
    talk = talk_of()
    found = misdeeds.false_record(talk, lines_of(talk))
    assert unproven(found) == ("not_proven", "evidence.lines")


def test_record_that_main_has_not_signed_proves_nothing():
    talk = talk_of()
    found = misdeeds.false_record(talk)
    lines = [line.decode() for line in lines_of(talk)]
    assert unproven(changed(found, lines=lines)) == ("not_proven", "evidence.lines")
    assert unproven(changed(found, lines=lines[:-1])) == ("not_proven", "evidence.lines")


def test_record_that_begins_otherwise_proves_nothing():
    talk = talk_of()
    found = misdeeds.false_record(talk, lines_of(talk)[1:])
    assert unproven(found) == ("not_proven", "evidence.lines")


def test_text_that_stands_for_no_bytes_is_refused():
    found = misdeeds.false_record(talk_of())
    for wrong in ("标", "", 7):
        assert unproven(changed(found, lines=[wrong]))[1] == "evidence.lines[0]"


def test_line_that_its_author_did_not_sign_proves_it_against_the_branch():
    talk = talk_of()
    judged = judge(misdeeds.false_line(talk))
    assert (judged.accused, judged.kid) == (f"venue/{BRANCH}", key(talk, BRANCH).key_id)
    assert "is none: the signature is not the one of key" in judged.words[1]


def renumbered(line):
    origin, n, jws = line.split(b" ")
    return b" ".join((origin, b"%d" % (int(n) + 1), jws))


def of_main(line):
    return line.replace(b"wencheng ", b"fenghua ", 1)


@pytest.mark.parametrize("false", [renumbered, of_main, lambda _line: b"\xff no line"])
def test_line_that_cannot_be_the_venues_needs_no_key(false):
    talk = talk_of()
    mine = misdeeds.own_lines(lines_of(talk))
    found = misdeeds.false_line(talk, [*mine[1:-1], false(mine[-1])])
    assert judge(changed(found, key=None)).accused == f"venue/{BRANCH}"


def test_line_of_another_session_is_false():
    talk = talk_of()
    found = misdeeds.false_line(talk, [other_session(talk)], known=1)
    assert judge(changed(found, key=None)).words[1].endswith("is of another session")


def other_session(talk):
    payload = entry_payload(
        session="fh-2026-0999",
        author=OPERATOR,
        kind="opening.objected",
        id=b64u(b"i" * 16),
        at=1_795_312_800_000,
        body={"text": "no"},
        seen=Seen(0, EMPTY_ROOT),
    )
    return b"wencheng 2 " + sign_entry(talk.actors[OPERATOR].key, payload).encode()


def test_lines_that_are_the_venues_prove_nothing():
    talk = talk_of()
    mine = misdeeds.own_lines(lines_of(talk))
    found = misdeeds.false_line(talk, mine[1:])
    assert unproven(found) == ("not_proven", "evidence.lines")


def test_forged_line_without_its_key_or_with_another_one_proves_nothing():
    talk = talk_of()
    found = misdeeds.false_line(talk)
    assert unproven(changed(found, key=None)) == ("not_proven", "evidence.lines")
    other = misdeeds.false_line(talk, author="venue/fenghua")
    assert unproven(other) == ("not_proven", "evidence.lines")


def test_lines_that_the_branch_has_not_signed_prove_nothing():
    talk = talk_of()
    found = misdeeds.false_line(talk)
    assert unproven(changed(found, lines=found.evidence["lines"][1:]))[1] == "evidence.lines"
    assert unproven(changed(found, before="77" * 32)) == ("not_proven", "evidence.lines")


def test_beginning_of_a_chain_is_no_line():
    """Chain 0 is a hash of session and venue, and must not pass for a hash over a line."""
    talk = talk_of()
    mine = misdeeds.own_lines(lines_of(talk))
    found = misdeeds.false_line(talk, mine, known=0)
    lines = ["wencheng", *(line.decode() for line in mine)]
    forged = changed(found, lines=lines, before=SESSION.encode().hex().ljust(64, "0"))
    assert unproven(forged) == ("not_proven", "evidence.lines")


@pytest.mark.parametrize("last", [0, 1])
def test_line_that_was_placed_and_is_missing_proves_it_against_main(last):
    talk = talk_of()
    judged = judge(misdeeds.omission(talk, last=last))
    missing = misdeeds.own_lines(lines_of(talk))[-1 - last]
    number = missing.split(b" ")[1].decode()
    assert (judged.accused, judged.kid) == ("venue/fenghua", key(talk, MAIN).key_id)
    assert f"{BRANCH} {number}, entry " in judged.words[1]


def test_line_that_is_in_the_record_proves_nothing():
    found = misdeeds.omission(talk_of(), omitted=False)
    assert unproven(found) == ("not_proven", "evidence.lines")


def test_line_that_stands_only_behind_its_place_is_an_omission():
    talk = talk_of()
    found = misdeeds.omission(talk, omitted=False)
    lines = lines_of(talk)
    count = len(misdeeds.own_lines(lines))
    at = found.evidence["leaves"].index(leaf_hash(misdeeds.own_lines(lines)[-1]).hex())
    word = misdeeds.placed(talk, count, misdeeds.chain_of(lines), at)
    judged = judge(changed(found, placed=misdeeds.placed_document(word)))
    assert judged.accused == "venue/fenghua"
    assert judged.words[1].endswith("is only behind them")
    word = misdeeds.placed(talk, count, misdeeds.chain_of(lines), at + 1)
    found = changed(found, placed=misdeeds.placed_document(word))
    assert unproven(found) == ("not_proven", "evidence.lines")


def test_record_smaller_than_the_place_proves_nothing():
    talk = talk_of()
    found = misdeeds.omission(talk)
    leaves = found.evidence["leaves"][:3]
    head = misdeeds.checkpoint(talk, [bytes.fromhex(leaf) for leaf in leaves])
    assert unproven(changed(found, leaves=leaves, head=head)) == ("not_proven", "evidence.head")


def test_leaves_that_are_not_under_the_head_prove_nothing():
    found = misdeeds.omission(talk_of(), omitted=False)
    leaves = ["77" * 32, *found.evidence["leaves"][1:]]
    assert unproven(changed(found, leaves=leaves)) == ("not_proven", "evidence.leaves")


def test_other_lines_than_those_placed_prove_nothing():
    talk = talk_of()
    found = misdeeds.omission(talk)
    line = found.evidence["lines"][0].replace(" ey", " fy")
    assert unproven(changed(found, lines=[line])) == ("not_proven", "evidence.lines")
    line = found.evidence["lines"][0].replace("wencheng ", "beilun ")
    assert unproven(changed(found, lines=[line])) == ("not_proven", "evidence.lines")


def test_line_that_holds_no_entry_proves_nothing():
    talk = talk_of()
    found = misdeeds.omission(talk)
    line = b"wencheng 1 a.b.c"
    chain = chain_next(bytes(32), line)
    word = misdeeds.placed_document(misdeeds.placed(talk, 1, chain, 2))
    found = changed(found, placed=word, before="00" * 32, lines=[line.decode()])
    assert unproven(found) == ("not_proven", "evidence.entry")


def test_place_that_main_did_not_sign_proves_nothing():
    talk = talk_of()
    found = misdeeds.omission(talk)
    count = len(misdeeds.own_lines(lines_of(talk)))
    word = misdeeds.placed(talk, count, misdeeds.chain_of(lines_of(talk)), 3, by=BRANCH)
    found = changed(found, placed=misdeeds.placed_document(word))
    assert unproven(found) == ("signature_invalid", "signature")


def test_key_that_signed_after_its_closing_is_proven_against_its_holder():
    found = misdeeds.closed_key()
    judged = judge(found)
    old = misdeeds.replaced()[1]
    assert (judged.accused, judged.kid) == (OPERATOR, old.key_id)
    assert judged.words[1].startswith("signed an entry opening.objected with it after having seen ")


def test_key_that_signed_before_its_closing_proves_nothing():
    found = misdeeds.closed_key(unseen=1)
    assert unproven(found) == ("not_proven", "evidence.entry")


def test_new_key_and_unknown_key_prove_nothing():
    assert unproven(misdeeds.closed_key(new=True)) == ("not_proven", "evidence.entry")


def test_entry_that_saw_something_else_proves_nothing():
    for seen in (Seen(0, EMPTY_ROOT), Seen(5, "77" * 32)):
        found = misdeeds.closed_key(seen=seen)
        assert unproven(found) == ("not_proven", "evidence.entry")


def test_lines_that_are_no_record_prove_nothing():
    found = misdeeds.closed_key()
    lines = found.evidence["lines"]
    for other in ([lines[1], *lines[1:]], [*lines, "fenghua 1 a.b.c"]):
        assert unproven(changed(found, lines=other)) == ("not_proven", "evidence.lines")


def test_record_of_another_founding_proves_nothing():
    found = misdeeds.closed_key()
    talk = talk_of()
    body = parse_entry(found.founding.split(" ")[2]).body | {"title": "Another"}
    payload = entry_payload(
        session=SESSION,
        author="venue/fenghua",
        kind="session.founded",
        id=b64u(b"o" * 16),
        at=0,
        body=body,
    )
    other = f"fenghua 1 {sign_entry(key(talk, MAIN), payload)}"
    assert unproven(replace(found, founding=other)) == ("not_proven", "evidence.lines")


def test_entry_that_is_none_proves_nothing():
    assert unproven(changed(misdeeds.closed_key(), entry="a.b.c")) == (
        "not_proven",
        "evidence.entry",
    )


def test_entry_whose_signature_is_wrong_proves_nothing():
    found = misdeeds.closed_key()
    head, body, _ = found.evidence["entry"].split(".")
    entry = f"{head}.{body}.{b64u(bytes(64))}"
    with pytest.raises(EvidenceError) as caught:
        judge(changed(found, entry=entry))
    assert caught.value.code == "signature_invalid"
