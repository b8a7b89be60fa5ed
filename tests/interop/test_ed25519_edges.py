"""One policy for Ed25519, on signatures where honest libraries disagree (docs/spec/keys.md).

Judges: a slow implementation of RFC 8032, Go's crypto/ed25519, and WebCrypto in Node and Chromium.
All check the same equation. What a library lets through beside it is named here, so that a page
or a verifier that relies on the library alone is known to be wrong, and where.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from bideval.evidence.signing import PublicKey, Suite, public_key
from bideval.terms.errors import BidevalError
from tests.interop import edge_vectors
from tests.interop.judges import GoJudge, build_go_judge, command
from tests.interop.slow_ed25519 import judged

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS = json.loads(edge_vectors.FILE.read_text())
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
IDENTITY_R = "R of low order, 0"
WEB_VERIFY = """
async (vectors) => {
  const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const verify = async (one) => {
    try {
      const raw = bytes(one.public);
      const key = await crypto.subtle.importKey("raw", raw, "Ed25519", true, ["verify"]);
      return await crypto.subtle.verify("Ed25519", key, bytes(one.signature), bytes(one.message));
    } catch (error) {
      if (error.name === "NotSupportedError") throw error;
      return false;
    }
  };
  return Promise.all(vectors.map(verify));
}
"""


def holds(act: Callable[[], Any]) -> bool:
    try:
        act()
    except BidevalError:
        return False
    return True


def parts(vector: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    public, message, signature = (
        bytes.fromhex(vector[name]) for name in ("public", "message", "signature")
    )
    return public, message, signature


def names(verdicts: list[bool]) -> list[str]:
    """Return the vectors of enrolled keys that a judge accepts."""
    return [
        one["name"]
        for one, accepted in zip(VECTORS, verdicts, strict=True)
        if accepted and one["key_good"]
    ]


POLICY = names([one["accepted"] for one in VECTORS])
"""What the policy accepts: eight honest signatures."""

EQUATION = names([one["library"] for one in VECTORS])
"""What a library accepts that looks at no point's order."""


def test_the_stored_vectors_are_the_ones_that_the_slow_curve_makes() -> None:
    assert edge_vectors.text() == edge_vectors.FILE.read_text()


def test_the_vectors_have_every_edge() -> None:
    assert [f"honest, challenge {rest} mod 8" for rest in range(8)] == POLICY
    assert [*POLICY, IDENTITY_R] == EQUATION
    eightfold = [one for one in VECTORS if one["eightfold"] and not one["equation"]]
    weak = [one for one in VECTORS if one["library"] and not one["key_good"]]
    assert (len(VECTORS), len(eightfold), len(weak)) == (112, 34, 47)


def test_the_slow_curve_agrees_with_published_signatures() -> None:
    # RFC 8032 section 7.1, test 2.
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert judged(public, b"\x72", signature).accepted
    assert not judged(public, b"\x73", signature).equation


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_server_keeps_the_policy(vector: dict[str, Any]) -> None:
    public, message, signature = parts(vector)
    key = holds(lambda: public_key("Ed25519", public))
    believed = holds(lambda: PublicKey(Suite.ED25519, public).verify(signature, message))
    assert key == vector["key_good"]
    assert (key and believed) == vector["accepted"]


def test_go_checks_the_same_equation(tmp_path_factory: pytest.TempPathFactory) -> None:
    judge: GoJudge = build_go_judge(tmp_path_factory.mktemp("go"))
    asked = [f"ed25519 {one['public']} {one['message']} {one['signature']}" for one in VECTORS]
    assert names([answer == "ok" for answer in judge.ask(*asked)]) == EQUATION


def test_webcrypto_in_node_checks_the_same_equation() -> None:
    script = f"const verify = {WEB_VERIFY.strip()};\n"
    script += "let text = ''; for await (const part of process.stdin) text += part;\n"
    script += "console.log(JSON.stringify(await verify(JSON.parse(text))));\n"
    done = subprocess.run(
        [command("node", "nodejs"), "--no-warnings", "--input-type=module", "--eval", script],
        input=json.dumps(VECTORS),
        capture_output=True,
        text=True,
        check=True,
    )
    assert names(json.loads(done.stdout)) in (EQUATION, POLICY)


def test_webcrypto_in_chromium_checks_the_same_equation() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/*", lambda route: route.fulfill(body="<title>vectors</title>"))
        page.goto("https://vectors.invalid/")
        verdicts = page.evaluate(WEB_VERIFY, VECTORS)
        browser.close()
    assert names(verdicts) in (EQUATION, POLICY)
