"""A judge of signed PDFs that is not ours: `pdfsig` of Debian's poppler-utils."""

from __future__ import annotations

import subprocess

import pytest

GOOD = ["Signature is Valid.", "Certificate is Trusted."]


def pdf_judge(authority, folder):
    """Return what `pdfsig` says of a file's bytes when it trusts one authority (PEM) alone."""
    trust = folder / "trust"
    trust.mkdir()
    _run("certutil", "-N", "-d", f"sql:{trust}", "--empty-password")
    root = str(authority)
    _run("certutil", "-A", "-d", f"sql:{trust}", "-n", "a", "-t", "C,C,C", "-i", root)

    def judged(pdf):
        path = trust / "report.pdf"
        path.write_bytes(pdf)
        said = _run("pdfsig", "-nssdir", str(trust), str(path), may_fail=True)
        return dict(line.strip(" -").split(": ", 1) for line in said.splitlines() if ": " in line)

    return judged


def _run(*words, may_fail=False):
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.fail(f"{words[0]} is missing: apt-get install poppler-utils libnss3-tools")
    assert may_fail or done.returncode == 0, done.stderr
    return done.stdout + done.stderr
