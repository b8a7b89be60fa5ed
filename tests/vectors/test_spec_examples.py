"""The examples on the pages of docs/spec are what the code gives, so that they cannot rot.

Every block under `<!-- example: name -->` is made here from fixed seeds, or out of
`tests/vectors/seal.json` where randomness was inside. After a deliberate change of a format run
this file as a program: it writes the blocks again.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from bideval.audit.bundle import Manifest as BundleManifest
from bideval.audit.bundle import read_bundle, write_bundle
from bideval.audit.contradictions import vouch_document
from bideval.audit.misbehaviour import (
    Misbehaviour,
    judge,
    read_misbehaviour,
    write_misbehaviour,
)
from bideval.audit.receipt import kept_text, read_kept
from bideval.draw.identity import Identity, Private, identity_document
from bideval.draw.panel import draw_panel
from bideval.draw.pool import PoolRow, encode_pool, parse_pool
from bideval.draw.seats import SeatPlan
from bideval.draw.tickets import draw_seed, nonce_commitment, ticket
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64, b64u, hex_digest, sha256, unb64u
from bideval.evidence.jws import read_compact, sign_compact, verify_compact
from bideval.evidence.padding import MARK_SIZE, SCORESHEET_STEP, pad_to_size, pad_to_step
from bideval.evidence.sealing import (
    Purpose,
    age_decrypt,
    combine_shares,
    open_share,
    parse_seal,
    recipient_of,
)
from bideval.evidence.signing import new_signing_key, public_key
from bideval.ledger.checkpoint import checkpoint_origin, open_checkpoint, sign_checkpoint
from bideval.ledger.cosignature import VenueKey, cosign, with_cosignature
from bideval.ledger.entry import (
    Seen,
    entry_hash,
    entry_payload,
    parse_entry,
    sign_entry,
    verify_entry,
)
from bideval.ledger.line import Line, chain_next, chain_start, encode_line
from bideval.ledger.note import TextKey, parse_note
from bideval.ledger.proof import Trust, make_proof, open_proof
from bideval.ledger.receipt import Receipt, check_receipt, open_receipt, receipt_place, sign_receipt
from bideval.ledger.tree import inclusion_path, leaf_hash, tree_root
from bideval.opening.package import Manifest, PackageFile, write_package
from bideval.opening.sheet import parse_sheet
from bideval.session.bodies.people import read_person_enrolled
from bideval.sync.words import Vouch
from bideval.terms.fields import Fields

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "docs" / "spec"
BLOCK = re.compile(r"(<!-- example: ([a-z0-9-]+) -->\n```[a-z]*\n)(.*?)(```\n)", re.DOTALL)

SESSION = "fh-2026-0117"
TEN = 1_795_312_800_000
SUITES = {
    "fenghua": "Ed25519",
    "wencheng": "Ed25519",
    "taishun": "Ed25519",
    "wencheng-02": "Ed25519",
    "kiosk": "ES256",
}
SEEDS = {name: sha256(f"bideval example: {name}".encode()) for name in SUITES}
KEYS = {name: new_signing_key(suite, SEEDS[name]) for name, suite in SUITES.items()}
SEAL = json.loads((HERE / "seal.json").read_text())
TREE = json.loads((HERE / "rfc6962.json").read_text())


def entry_id(name):
    return b64u(sha256(f"bideval example: {name}".encode())[:16])


def payload(author, kind, body, *, after=0, seen=None):
    return entry_payload(
        session=SESSION,
        author=author,
        kind=kind,
        id=entry_id(f"{author} {kind}"),
        at=TEN + after,
        seen=seen or Seen(),
        body=body,
    )


FOUNDING = sign_entry(KEYS["fenghua"], payload("venue/fenghua", "session.founded", {}))
FOUNDED = Seen(1, tree_root([leaf_hash(encode_line(Line("fenghua", 1, FOUNDING)))]).hex())
VOTE = payload(
    "wencheng-02",
    "chair.voted",
    {"round": 1, "candidate": "wencheng-01"},
    after=1_500,
    seen=FOUNDED,
)
VOTED = sign_entry(KEYS["wencheng-02"], VOTE)
ORDER = {"from": "prepared", "to": "opened", "vector": {}, "order": None, "reason": ""}
MOVED = sign_entry(
    KEYS["fenghua"], payload("venue/fenghua", "phase.moved", ORDER, after=2_000, seen=FOUNDED)
)
LINES = [
    encode_line(line)
    for line in (
        Line("fenghua", 1, FOUNDING),
        Line("wencheng", 1, VOTED),
        Line("fenghua", 2, MOVED),
    )
]
LEAVES = [leaf_hash(line) for line in LINES]
START = chain_start(SESSION, "wencheng")
CHAIN = chain_next(START, LINES[1])
RECEIPT = Receipt(SESSION, "wencheng", entry_hash(VOTED), receipt_place(CHAIN), TEN + 1_500)
RECEIVED = sign_receipt(KEYS["wencheng"], RECEIPT)


@cache
def note():
    text = sign_checkpoint(KEYS["fenghua"], SESSION, 3, tree_root(LEAVES))
    body = parse_note(text).body
    for venue in ("wencheng", "taishun"):
        line = cosign(KEYS[venue], venue, body, TEN // 1000 + 3)
        text = with_cosignature(text, line)
    return text


def table(rows):
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:<{width}}  {value}\n" for name, value in rows)


def pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def keys():
    rows = []
    for name, key in KEYS.items():
        rows += [
            (name, key.suite),
            ("  seed", SEEDS[name].hex()),
            ("  public", b64u(key.public.raw)),
            ("  kid", key.key_id),
        ]
    return table(rows)


def jws():
    text = sign_compact(KEYS["fenghua"], "bideval-example/1", '{"hello":"世界"}'.encode())
    head, body, tail = text.split(".")
    rows = [
        ("header", unb64u(head).decode()),
        ("payload", unb64u(body).decode()),
        ("signature", unb64u(tail).hex()),
        ("JWS", text),
    ]
    return table(rows)


def seal_document():
    document = json.loads(json.dumps(SEAL["seal"]))
    for share in document["shares"]:
        share["sealed"] = share["sealed"][:40] + "..."
    return pretty(document)


def package():
    text = b"tender in full\n"
    sheet = parse_sheet(
        {
            "bidder_name": "奉化桥梁工程有限公司",
            "price": "1200000.00",
            "size": "small",
            "small_share_percent": None,
            "brand": None,
            "duration": "180 days",
            "remarks": "",
        },
        "sheet",
    )
    listed = (PackageFile("tender.txt", len(text), hex_digest(text), "text/plain"),)
    manifest = Manifest(SESSION, "bid-3f9c12ab", "lot-1", "bidder-7d20e1c4", sheet, listed)
    target = io.BytesIO()
    write_package(target, manifest, [io.BytesIO(text)])
    return target.getvalue()


def package_parts():
    data = package()
    head, rest = data[:18], data[18:]
    size = int.from_bytes(head[14:], "big")
    rows = [
        ("first 18 bytes", head.hex(" ")),
        (f"next {size} bytes", rest[:size].decode()),
        (f"last {len(rest) - size} bytes", rest[size:].hex(" ")),
        ("SHA-256 of all", hex_digest(data)),
    ]
    return table(rows)


def note_keys():
    main = TextKey(checkpoint_origin(SESSION), KEYS["fenghua"].public)
    venues = [VenueKey(venue, KEYS[venue].public) for venue in ("wencheng", "taishun")]
    kinds = [b"\x01", b"\x04", b"\x04"]
    keyed = zip([main, *venues], kinds, strict=True)
    return "".join(
        f"{key.name}+{key.key_id.hex()}+{b64(kind + key.public.raw)}\n" for key, kind in keyed
    )


EXPERTS = {
    "孙一": ("330281-01", "property", "fenghua", 1),
    "钱二": ("330281-02", "finance", "fenghua", 1),
    "李三": ("330328-01", "property", "wencheng", 3),
}


def expert_identity(name):
    id_tail, discipline, venue, weight = EXPERTS[name]
    private = Private(id_tail=id_tail, phone="13800000000", blind=sha256(id_tail.encode())[16:])
    identity = Identity(
        name=name,
        employer="甲设计院",
        title="高级工程师",
        discipline=discipline,
        venue=venue,
        weight=weight,
        salt=sha256(id_tail.encode())[:16],
        private=private.digest,
    )
    return identity, private


def expert_example():
    identity, private = expert_identity("李三")
    lines = [
        f"private     {private.digest.hex()}",
        f"leaf        {identity.leaf.hex()}",
        "published   " + canonical_bytes(identity_document(identity)).decode(),
        "kept        " + canonical_bytes(identity_document(identity, private)["kept"]).decode(),
    ]
    return "\n".join(lines) + "\n"


def pool_rows():
    for name in EXPERTS:
        one = expert_identity(name)[0]
        status = "eligible" if one.discipline == "property" else "employer_is_bidder"
        yield PoolRow(one.leaf, one.discipline, one.venue, status, one.weight)


def draw_example():
    pool = parse_pool(encode_pool(pool_rows()))
    nonces = {
        actor: sha256(f"bideval example: nonce of {actor}".encode())
        for actor in ("venue/fenghua", "venue/wencheng")
    }
    seed = draw_seed(SESSION, pool.root, nonces)
    lines = [f"pool root   {pool.root.hex()}"]
    for actor, nonce in nonces.items():
        lines.append(f"nonce       {nonce.hex()} of {actor}")
        lines.append(f"commitment  {nonce_commitment(SESSION, actor, nonce).hex()}")
    lines.append(f"seed        {seed.hex()}")
    lines += [
        f"ticket      {ticket(seed, row.leaf + last).hex()} of {row.region}"
        for row in pool.eligible
        for last in (b"", b"\x00\x01", b"\x00\x02")[: row.weight]
    ]
    plan = SeatPlan({"property": 1, "finance": 1}, {"fenghua": 1, "wencheng": 1}, FALLBACKS)
    lines += [
        f"seat {n}      {one.row.region}, {one.discipline}"
        f"{' by class ' + one.row.discipline if one.stratum else ''}, ticket {one.ticket.hex()}"
        for n, one in enumerate(draw_panel(pool.rows, seed, plan), start=1)
    ]
    return "\n".join(lines) + "\n"


FALLBACKS = {"finance": ["property"]}
MARK = {"bid": "bid-7f3a09c1", "criterion": "T1", "counter": 12, "mark": "10.5"}
SHEET = {
    "format": "bideval-scoresheet/1",
    "session": SESSION,
    "member": "wencheng-02",
    "marks": {"bid-7f3a09c1": {"T1": "10.5", "T2": None}},
}


def sheet_example():
    text = pad_to_step(SHEET, SCORESHEET_STEP).decode()
    return re.sub(r'"0{40,}"', '"000000..."', text) + "\n"


def bundle_bytes():
    manifest = BundleManifest(
        session=SESSION,
        main="fenghua",
        exported_by="wencheng",
        made_at="2026-11-22T10:00:00.000+08:00",
        size=1,
        root="00" * 32,
        files={},
        absent=(),
    )
    line = encode_line(Line("fenghua", 1, "a.b.c"))
    return b"".join(write_bundle(manifest, [line], checkpoint="none\n", files=[]))


def bundle_example():
    text = bundle_bytes().decode("latin-1")
    return re.sub(r"[\x00-\x09\x0b-\x1f]", lambda m: f"\\x{ord(m[0]):02x}", text)


def misbehaviour():
    """A branch has vouched for two chains of its first three lines."""
    venues = [
        {
            "id": name,
            "name": name.title(),
            "suite": "Ed25519",
            "public": b64u(KEYS[name].public.raw),
            "recipient": recipient_of(custodian["identity"]),
            "url": f"wss://{name}.example/link",
        }
        for name, custodian in zip(("fenghua", "wencheng"), SEAL["custodians"], strict=False)
    ]
    body = {"title": "Town library", "rulebook": "rehearsal/1", "main": "fenghua", "venues": venues}
    founding = sign_entry(KEYS["fenghua"], payload("venue/fenghua", "session.founded", body))
    words = [Vouch(SESSION, "wencheng", 3, sha256(text)) for text in (b"one story", b"another")]
    signed = [replace(word, signature=KEYS["wencheng"].sign(word.signed_bytes())) for word in words]
    evidence = {
        "venue": "wencheng",
        "first": vouch_document(signed[0]),
        "second": vouch_document(signed[1]),
        "chain": signed[1].digest.hex(),
        "lines": [],
    }
    line = encode_line(Line("fenghua", 1, founding)).decode()
    found = Misbehaviour(
        SESSION, "two_chains", line, "fenghua", "2026-11-22T10:00:05.000+08:00", evidence
    )
    return write_misbehaviour(found)


def cosigned():
    """Return what the venues of the example have signed beside main: their signatures verify."""
    body, seconds = parse_note(note()).body, TEN // 1000 + 3
    text = f"cosignature/v1\ntime {seconds}\n{body}"
    for line in parse_note(note()).signatures[1:]:
        stamp, signature = line.signature[:8], line.signature[8:]
        assert int.from_bytes(stamp, "big") == seconds
        KEYS[line.name.rpartition("/")[2]].public.verify(signature, text.encode())
    return text


CLAIM = {
    "session": SESSION,
    "venue": "wencheng",
    "person": "wencheng-02",
    "role": "expert",
    "recipient": None,
}
ENROLMENT = {
    "person": "wencheng-02",
    "role": "expert",
    "suite": "Ed25519",
    "public": b64u(KEYS["wencheng-02"].public.raw),
    "recipient": None,
    "proof": sign_compact(KEYS["wencheng-02"], "bideval-proof/1", canonical_bytes(CLAIM)),
    "replaces": None,
    "seat": {"venue": "wencheng", "name": "wencheng-02"},
    "ticket": expert_identity("李三")[0].leaf.hex(),
    "checked_by": "operator-he",
}


EXAMPLES = {
    "cosigned": cosigned,
    "kept": lambda: kept_text(RECEIVED, KEYS["wencheng"].public) + "\n",
    "enrolment": lambda: canonical_bytes(ENROLMENT).decode() + "\n",
    "enrolment-proof": lambda: canonical_bytes(CLAIM).decode() + "\n",
    "misbehaviour": lambda: misbehaviour().decode(),
    "pool": lambda: encode_pool(pool_rows()).decode(),
    "expert": expert_example,
    "draw": draw_example,
    "mark-plaintext": lambda: pad_to_size(MARK, MARK_SIZE).decode() + "\n",
    "scoresheet-plaintext": sheet_example,
    "bundle": bundle_example,
    "keys": keys,
    "jws": jws,
    "entry-payload": lambda: VOTE.decode() + "\n",
    "entry": lambda: table([("JWS", VOTED), ("entry hash", entry_hash(VOTED))]),
    "line": lambda: LINES[1].decode() + "\n",
    "chain": lambda: table([("chain 0", START.hex()), ("chain 1", CHAIN.hex())]),
    "record": lambda: table(
        [(f"leaf {index}", leaf.hex()) for index, leaf in enumerate(LEAVES)]
        + [(f"root of {size}", tree_root(LEAVES[:size]).hex()) for size in range(4)]
    ),
    "tree": lambda: table(
        [(f"leaf {index}", leaf or "(empty)") for index, leaf in enumerate(TREE["leaves"])]
        + [(f"root of {size}", root) for size, root in enumerate(TREE["roots"], start=1)]
    ),
    "checkpoint": note,
    "verifier-keys": note_keys,
    "receipt-payload": lambda: read_compact(RECEIVED).payload.decode() + "\n",
    "receipt": lambda: RECEIVED + "\n",
    "proof": lambda: make_proof(1, inclusion_path(LEAVES, 1), note()),
    "seal": seal_document,
    "share": lambda: SEAL["share_plaintext"] + "\n",
    "mark": lambda: (
        pad_to_size(
            {"bid": "bid-3f9c12ab", "criterion": "tech-1", "counter": 7, "mark": "28.50"}, MARK_SIZE
        ).decode()
        + "\n"
    ),
    "package": package_parts,
}


def blocks():
    pages = [page.read_text() for page in sorted(PAGES.glob("*.md"))]
    return {name: text for page in pages for _, name, text, _ in BLOCK.findall(page)}


def test_every_example_stands_on_a_page():
    assert sorted(blocks()) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_an_example_on_a_page_is_what_the_code_gives(name):
    assert blocks()[name] == EXAMPLES[name]()


def test_the_example_entry_verifies():
    assert verify_entry(parse_entry(VOTED), KEYS["wencheng-02"].public) is None


def test_the_example_enrolment_is_read_and_its_proof_verifies():
    body = read_person_enrolled(Fields(ENROLMENT, "body"))
    known = public_key(body.suite, body.public)
    assert known == KEYS["wencheng-02"].public
    assert json.loads(verify_compact(body.proof, known, typ="bideval-proof/1")) == CLAIM


def test_the_example_statement_verifies():
    text = jws().rpartition(" ")[2].strip()
    found = verify_compact(text, KEYS["fenghua"].public, typ="bideval-example/1")
    assert json.loads(found) == {"hello": "世界"}


def test_the_example_checkpoint_receipt_and_proof_verify():
    main = KEYS["fenghua"].public
    venues = {venue: KEYS[venue].public for venue in ("wencheng", "taishun")}
    assert open_checkpoint(note(), SESSION, main).size == 3
    receipt = open_receipt(EXAMPLES["receipt"]().strip(), venues["wencheng"])
    check_receipt(receipt, VOTED, chain=CHAIN)
    kept = read_kept(EXAMPLES["kept"]().encode())
    assert (kept.receipt, kept.key) == (RECEIVED, venues["wencheng"])
    proven = open_proof(
        EXAMPLES["proof"](), session=SESSION, line=LINES[1], trust=Trust(main, venues, 2)
    )
    assert (proven.position, sorted(proven.cosigned)) == (1, ["taishun", "wencheng"])


def test_the_stored_seal_still_opens():
    seal = parse_seal(SEAL["seal"], "seal")
    shares = {
        custodian["actor"]: open_share(
            seal,
            session=SEAL["session"],
            custodian=custodian["actor"],
            identity=custodian["identity"],
        )
        for custodian in SEAL["custodians"]
    }
    identity = combine_shares(seal, shares)
    assert {actor: b64u(share) for actor, share in shares.items()} == SEAL["shares"]
    assert (seal.purpose, identity, recipient_of(identity)) == (
        Purpose.BID,
        SEAL["identity"],
        seal.recipient,
    )
    assert age_decrypt(identity, unb64u(SEAL["ciphertext"])).decode() == SEAL["plaintext"]


def test_the_example_share_is_canonical_and_its_digest_is_recorded():
    members = json.loads(SEAL["share_plaintext"])
    digest = hex_digest(unb64u(members["share"]))
    found = (canonical_bytes(members).decode(), SEAL["seal"]["shares"][0]["digest"])
    assert found == (SEAL["share_plaintext"], digest)


def test_the_example_misbehaviour_is_proven():
    judged = judge(read_misbehaviour(misbehaviour()))
    assert (judged.accused, judged.kid) == ("venue/wencheng", KEYS["wencheng"].key_id)


def test_the_example_bundle_reads():
    bundle = read_bundle(bundle_bytes())
    assert (list(bundle.lines), bundle.checkpoint) == ([b"fenghua 1 a.b.c"], "none\n")


def rewrite():
    for page in sorted(set(PAGES.glob("*.md")) - {PAGES / "link.md"}):  # it has a test of its own
        old = page.read_text()
        new = BLOCK.sub(lambda m: f"{m[1]}{EXAMPLES[m[2]]()}{m[4]}", old)
        if new != old:
            page.write_text(new)


if __name__ == "__main__":
    rewrite()
