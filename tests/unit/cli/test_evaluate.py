"""The command: exit codes, one line of complaint, JSON on standard output."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bideval.cli import evaluate

CASES = Path(__file__).parents[2] / "data" / "cases"
GOODS = CASES / "01-goods-deduction.json"
PROGRAM = """
import argparse, sys
from bideval.cli import evaluate
parser = argparse.ArgumentParser(prog="bideval")
evaluate.add_parser(parser.add_subparsers())
arguments = parser.parse_args()
sys.exit(arguments.run(arguments))
"""


def run(*words):
    parser = argparse.ArgumentParser(prog="bideval")
    evaluate.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["evaluate", *map(str, words)])
    return arguments.run(arguments)


def process(*words, **options):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "evaluate", *map(str, words)],
        check=False,
        timeout=50,
        **{"capture_output": True, **options},
    )


def complaint(capsys, place):
    code = run(place)
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    line, end = captured.err[:-1], captured.err[-1:]
    assert (end, line.isprintable()) == ("\n", True)
    prefix = f"bideval evaluate: {place}: "
    assert line[: len(prefix)] == prefix
    return line[len(prefix) :]


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_a_case_prints_its_result(capsys, path):
    assert run(path) == 0
    captured = capsys.readouterr()
    expected = json.loads(path.read_bytes())["expected"]
    result = json.loads(captured.out)
    assert captured.err == ""
    assert result["final"] is expected["final"]
    assert result["candidates"] == expected["candidates"]


def test_json_may_be_asked_for_and_is_the_same(capsys):
    printed = [(run(GOODS, *words), *capsys.readouterr()) for words in ([], ["--json"])]
    assert printed[0] == printed[1]
    assert printed[0][0] == 0


def test_findings_are_a_result_not_an_error(capsys):
    assert run(CASES / "08-zero-is-not-absent.json") == 0
    assert json.loads(capsys.readouterr().out)["findings"] == [
        {"kind": "missing_mark", "bid": "A", "criterion": "design", "member": "M4"}
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "case: is not JSON: Expecting value at line 1 column 1"),
        (b"\x00\xff", "case: is not UTF-8 text (at byte 1)"),
        (b"[1, 2]", "case: must be an object"),
        (b"{}", "format: is missing"),
        (b"[" * 100_000, "case: is nested too deeply"),
        (b'{"format": 1, "format": 2}', "format: is there twice in one object"),
    ],
)
def test_a_file_that_is_no_case_is_told_in_one_line(capsys, tmp_path, content, expected):
    path = tmp_path / "case.json"
    path.write_bytes(content)
    assert complaint(capsys, path) == expected


def test_the_field_of_a_malformed_number_is_named(capsys, tmp_path):
    path = tmp_path / "case.json"
    document = json.loads(GOODS.read_bytes())
    document["scoresheets"][3]["marks"]["A"]["design"] = 18.5
    path.write_text(json.dumps(document), encoding="utf-8")
    assert complaint(capsys, path) == (
        "scoresheets[3].marks.A.design: must be a string holding a decimal, not a JSON number"
    )


def test_a_formula_that_cannot_be_applied_is_told_in_one_line(capsys, tmp_path):
    path = tmp_path / "case.json"
    document = json.loads(GOODS.read_bytes())
    document["bids"][2]["price"] = "0.00"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert complaint(capsys, path) == (
        "bids[2].price: gives an evaluated price of zero, by which method.price would divide"
    )


def test_missing_files_directories_and_odd_names_are_told(capsys, tmp_path):
    missing = tmp_path / "missing.json"
    assert complaint(capsys, missing) == "case: cannot be read: No such file or directory"
    assert complaint(capsys, tmp_path) == "case: cannot be read: Is a directory"
    assert run("a\x00b") == 2
    assert capsys.readouterr().err == (
        "bideval evaluate: a\\x00b: case: cannot be read: not a file name\n"
    )


def test_a_name_with_line_breaks_stays_on_one_line(capsys, tmp_path):
    assert run(tmp_path / "a\nb\u2028c.json") == 2
    assert capsys.readouterr().err == (
        f"bideval evaluate: {tmp_path}/a\\nb\\u2028c.json: "
        "case: cannot be read: No such file or directory\n"
    )


def test_an_endless_device_is_not_read_to_its_end(capsys):
    expected = "case: must not be larger than 33554432 bytes"
    assert complaint(capsys, "/dev/zero") == expected


def test_standard_input_may_be_the_case(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOODS.read_bytes())))
    assert run("-") == 0
    assert json.loads(capsys.readouterr().out)["candidates"] == ["A", "C", "E"]


def test_closed_standard_streams_are_told(capsys, monkeypatch):
    with monkeypatch.context() as closed:
        closed.setattr(sys, "stdin", None)
        assert complaint(capsys, "-") == "case: cannot be read: Bad file descriptor"
    monkeypatch.setattr(sys, "stdout", None)
    assert run(GOODS) == 1
    assert capsys.readouterr().err == ("bideval evaluate: standard output: Bad file descriptor\n")


def test_a_named_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "evaluate", str(pipe)], stdout=subprocess.PIPE
    ) as running:
        pipe.write_bytes(GOODS.read_bytes())
        output, _ = running.communicate(timeout=50)
    assert (running.returncode, json.loads(output)["final"]) == (0, True)


def test_output_is_utf8_whatever_the_locale(tmp_path):
    path = tmp_path / "case.json"
    document = json.loads((CASES / "05-lowest-evaluated-price.json").read_bytes())
    document["bids"][0]["id"] = "投标人"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = process(path, env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["candidates"] == ["Q", "投标人", "R"]
    assert "投标人".encode() in done.stdout


def test_a_full_disk_is_told_without_traceback():
    with Path("/dev/full").open("wb") as full:
        done = process(GOODS, stdout=full, capture_output=False, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (
        1,
        b"bideval evaluate: standard output: No space left on device\n",
    )
