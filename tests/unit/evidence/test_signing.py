"""Keys and signatures: published vectors, refused keys, nothing random."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from bideval.evidence import signing
from bideval.evidence.encoding import b64u, tagged_hash, unb64u
from bideval.evidence.signing import (
    PublicKey,
    SigningKey,
    Suite,
    load_pem,
    new_signing_key,
    public_key,
)
from bideval.terms.errors import EvidenceError, FaultError, InputError

VECTORS = Path(__file__).parents[2] / "vectors"
REFUSED = json.loads((VECTORS / "ed25519_refused_keys.json").read_text())
EDGES = json.loads((VECTORS / "ed25519_edges.json").read_text())
SUITES = list(Suite)
SEED = bytes(range(32))
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

# RFC 8032 section 7.1, tests 1 to 3: seed, public key, message, signature.
RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

# RFC 7515 appendix A.3: key, signing input and signature of a compact JWS with ES256.
RFC7515_POINT = (
    b"\x04"
    + unb64u("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")
    + unb64u("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
)
RFC7515_INPUT = (
    b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
    b"Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
RFC7515_SIGNATURE = unb64u(
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)


def refused_key(suite, raw):
    with pytest.raises(InputError) as caught:
        public_key(suite, raw, field="body.public")
    return caught.value.code, caught.value.field


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC8032)
def test_ed25519_agrees_with_rfc8032(seed, public, message, signature):
    key = new_signing_key("Ed25519", bytes.fromhex(seed))
    signed = key.sign(bytes.fromhex(message))
    key.public.verify(signed, bytes.fromhex(message))
    assert (key.public.raw.hex(), signed.hex()) == (public, signature)


def test_es256_agrees_with_rfc7515():
    public = public_key("ES256", RFC7515_POINT)
    assert public.verify(RFC7515_SIGNATURE, RFC7515_INPUT) is None


@pytest.mark.parametrize("suite", SUITES)
def test_a_key_is_a_function_of_suite_and_seed(suite):
    keys = [new_signing_key(suite, seed) for seed in (SEED, SEED, SEED[::-1])]
    same, again, other = (key.public for key in keys)
    assert (same == again, same == other, keys[0].suite) == (True, False, suite)


def test_the_first_and_last_es256_seeds_give_keys():
    publics = [new_signing_key("ES256", seed * 32).public for seed in (b"\x00", b"\xff")]
    assert [public_key("ES256", public.raw) for public in publics] == publics


@pytest.mark.parametrize("suite", SUITES)
def test_signing_is_deterministic_and_verifies(suite):
    key = new_signing_key(suite, SEED)
    signature = key.sign(b"data")
    key.public.verify(signature, b"data")
    assert (len(signature), key.sign(b"data")) == (64, signature)


@pytest.mark.parametrize("suite", SUITES)
def test_every_bit_of_a_signature_counts(suite):
    key = new_signing_key(suite, SEED)
    signature = key.sign(b"data")
    accepted = [bit for bit in range(512) if verifies(key.public, flipped(signature, bit), b"data")]
    assert accepted == []


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_other_signatures_are_refused(suite, signature):
    with pytest.raises(EvidenceError) as caught:
        new_signing_key(suite, SEED).public.verify(signature, b"data")
    assert (caught.value.code, caught.value.field) == ("signature_invalid", "signature")


@pytest.mark.parametrize("suite", SUITES)
def test_another_key_of_the_suite_is_refused(suite):
    signature = new_signing_key(suite, SEED).sign(b"data")
    assert not verifies(new_signing_key(suite, SEED[::-1]).public, signature, b"data")


def test_ed25519_scalar_plus_order_is_refused():
    key = new_signing_key("Ed25519", SEED)
    signature = key.sign(b"data")
    scalar = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    assert not verifies(key.public, signature[:32] + scalar.to_bytes(32, "little"), b"data")


@pytest.mark.parametrize(
    "raw",
    [
        bytes.fromhex(raw)
        for group in ("small_order", "not_canonical", "no_point")
        for _, raw in REFUSED[group]
    ],
    ids=lambda raw: raw.hex()[:4] + ".." + raw.hex()[-4:],
)
def test_weak_or_non_canonical_ed25519_keys_are_refused(raw):
    assert refused_key("Ed25519", raw) == ("key_invalid", "body.public")


def test_a_point_with_a_low_order_part_is_refused():
    # The neutral element's signature fits every text where only [8]A is looked at; here A = B + T.
    torsion = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
    from nacl.bindings import crypto_core_ed25519_add  # noqa: PLC0415  # for this one mixture

    mixed = crypto_core_ed25519_add(new_signing_key("Ed25519", SEED).public.raw, torsion)
    assert refused_key("Ed25519", mixed) == ("key_invalid", "body.public")


@pytest.mark.parametrize(
    "raw",
    [
        b"\x04" + bytes(64),
        RFC7515_POINT[:-1] + bytes([RFC7515_POINT[-1] ^ 1]),
        b"\x06" + RFC7515_POINT[1:],
        b"\x02" + RFC7515_POINT[1:33],
        b"\x00",
        b"\x04" + b"\xff" * 64,
        RFC7515_POINT + b"\x00",
        b"",
    ],
)
def test_es256_keys_off_the_curve_or_in_other_forms_are_refused(raw):
    assert refused_key("ES256", raw) == ("key_invalid", "body.public")


@pytest.mark.parametrize("suite", ["EdDSA", "ed25519", "SM2", "none", ""])
def test_other_suites_are_refused(suite):
    assert refused_key(suite, bytes(32)) == ("unknown_suite", "suite")


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_ed25519_keys_of_other_lengths_are_refused(size):
    assert refused_key("Ed25519", bytes(size)) == ("key_invalid", "body.public")


@pytest.mark.parametrize("suite", SUITES)
def test_the_key_id_is_half_a_tagged_hash_over_suite_and_key(suite):
    key = new_signing_key(suite, SEED)
    expected = b64u(tagged_hash("bideval/key/v1", suite.encode(), key.public.raw)[:16])
    assert (key.key_id, key.public.key_id, len(key.key_id)) == (expected, expected, 22)


@pytest.mark.parametrize("suite", SUITES)
def test_a_public_key_survives_a_process_boundary(suite):
    public = new_signing_key(suite, SEED).public
    assert pickle.loads(pickle.dumps(public)) == public  # noqa: S301  # our own bytes


@pytest.mark.parametrize("suite", SUITES)
def test_a_private_key_does_not_print_itself(suite):
    key = new_signing_key(suite, SEED)
    printed = repr(key) + str(key) + repr(key.public)
    assert (SEED.hex() in printed, "private" in printed.lower()) == (False, False)


@pytest.mark.parametrize(("suite", "seed"), [("SM2", SEED), ("Ed25519", SEED[1:]), ("ES256", b"")])
def test_a_bad_seed_or_suite_is_our_own_fault(suite, seed):
    with pytest.raises(FaultError):
        new_signing_key(suite, seed)


@pytest.mark.parametrize("suite", SUITES)
def test_a_key_file_gives_the_key_back(suite):
    key = new_signing_key(suite, SEED)
    pem = key.to_pem()
    loaded = load_pem(pem)
    assert (loaded.public, loaded.sign(b"x"), loaded.to_pem()) == (key.public, key.sign(b"x"), pem)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ec.generate_private_key(ec.SECP384R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
        rsa.generate_private_key(65537, 2048).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
        Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        ),
    ],
    ids=["empty", "junk", "p384", "rsa", "ed448", "encrypted"],
)
def test_other_key_files_are_refused(pem):
    with pytest.raises(InputError) as caught:
        load_pem(pem, field="settings.key_file")
    assert (caught.value.code, caught.value.field) == ("bad_key_file", "settings.key_file")


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def verifies(public: PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        public.verify(signature, data)
    except EvidenceError:
        return False
    return True


def test_a_signing_key_is_made_of_a_private_key_only():
    key = SigningKey(Suite.ES256, ec.derive_private_key(1, ec.SECP256R1()))
    assert key.public.raw[:5].hex() == "046b17d1f2"


@pytest.mark.parametrize("same_equation", [True, False])
@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge["name"])
def test_a_signature_on_which_libraries_disagree_is_judged_by_the_page(
    monkeypatch, same_equation, edge
):
    monkeypatch.setattr(signing, "_SAME_EQUATION", same_equation)
    public = PublicKey(Suite.ED25519, bytes.fromhex(edge["public"]))
    data = bytes.fromhex(edge["message"])
    found = verifies(public, bytes.fromhex(edge["signature"]), data)
    assert found == (edge["first_good"] and edge["library"])


def test_the_quick_library_says_yes_only_where_the_other_does():
    quick = [edge for edge in EDGES if signing._opens(*parts(edge))]
    assert [edge["name"] for edge in quick if not edge["library"]] == []
    assert len(quick) > 10


def test_the_quick_library_is_asked_which_equation_it_uses():
    eightfold = [edge for edge in EDGES if only_eightfold(edge)]
    assert signing._MIXED_ORDER in [parts(edge) for edge in eightfold]
    assert signing._SAME_EQUATION


def parts(edge):
    return tuple(bytes.fromhex(edge[name]) for name in ("public", "signature", "message"))


def only_eightfold(edge):
    return edge["eightfold"] and not edge["equation"] and edge["key_good"] and edge["scalar_good"]
