"""The command on a proof of misbehaviour."""

from __future__ import annotations

import json

import pytest

from bideval.audit.misbehaviour import write_misbehaviour
from bideval.cli.main import main
from tests.unit.audit import misdeeds
from tests.unit.session.conversation import SESSION

TALK = misdeeds.talk_of()


@pytest.fixture
def proof(tmp_path):
    path = tmp_path / "proof"
    path.write_bytes(write_misbehaviour(misdeeds.two_chains(TALK)))
    return path


def test_proof_is_explained_and_leaves_exit_code_1(proof, capsys):
    code = main(["verify", str(proof)])
    out = capsys.readouterr().out.splitlines()
    kid = misdeeds.key(TALK, "wencheng").key_id
    assert (code, out[0]) == (
        1,
        f"MISBEHAVIOUR PROVEN: venue/wencheng, session {SESSION}: two_chains",
    )
    assert out[3:5] == [
        f"  For at least one number up to {out[1].split()[4]} it has two entries.",
        f"signed with key {kid}: compare it with the record that you have",
    ]


def test_proof_as_json(proof, capsys):
    code = main(["verify", str(proof), "--json"])
    said = json.loads(capsys.readouterr().out)
    kid = misdeeds.key(TALK, "wencheng").key_id
    found = (said["proven"], said["what"], said["accused"], said["kid"])
    assert (code, found) == (1, (True, "two_chains", "venue/wencheng", kid))


def test_file_that_proves_nothing_leaves_exit_code_2(tmp_path, capsys):
    path = tmp_path / "proof"
    path.write_bytes(write_misbehaviour(misdeeds.two_chains(TALK, forked=False)))
    code = main(["verify", str(path)])
    said = capsys.readouterr()
    assert (code, said.out, "proves nothing" in said.err) == (2, "", True)
