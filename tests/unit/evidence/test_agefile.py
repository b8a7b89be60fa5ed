"""age files: safe recipients, any change refused, faults of streams kept apart."""

from __future__ import annotations

import errno
import io

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.evidence.agefile import (
    HEADER_LIMIT,
    age_decrypt,
    age_encrypt,
    check_recipient,
    decrypt_stream,
    encrypt_stream,
    new_age_identity,
    recipient_of,
)
from bideval.terms.errors import EvidenceError, InputError

# Published in tests/vectors/seal.json: fixed, so that every run collects the same tests.
IDENTITY = "AGE-SECRET-KEY-1AHLPG6Q6J8L5CTPFFGWCR7JS64A6Y8YA8UEGHSQ2S0R5RAE394DSS7XZN6"
RECIPIENT = "age1z43ad5a9edenc8v9w0nf4g4j2fsz7z3e7ztq2lm6257azdj6d9jsl659xx"
CIPHERTEXT = age_encrypt(RECIPIENT, b"ten in the morning")
P25519 = 2**255 - 19

# RFC 7748 section 6.1 and the torsion of the curve and its twist: the shared secret is zero.
LOW_ORDER = [
    0,
    1,
    P25519 - 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]


LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32(number, *, padding=0):
    """Return the recipient of a u coordinate; Bech32 as BIP 173 has it, but for the padding."""
    data = int.from_bytes(number.to_bytes(32, "little"), "big") << 4 | padding
    return with_checksum("age", [data >> 5 * place & 31 for place in range(51, -1, -1)])


def with_checksum(name, groups):
    prefix = [ord(letter) >> 5 for letter in name] + [0] + [ord(letter) & 31 for letter in name]
    rest = checksum([*prefix, *groups, 0, 0, 0, 0, 0, 0]) ^ 1
    checks = [rest >> 5 * place & 31 for place in range(5, -1, -1)]
    return f"{name}1" + "".join(LETTERS[group] for group in [*groups, *checks])


def other_spelling(identity):
    """Return the same key with a bit set that belongs to no byte of it."""
    groups = [LETTERS.index(letter) for letter in identity.lower()[16:-6]]
    return with_checksum("age-secret-key-", [*groups[:-1], groups[-1] | 1]).upper()


def checksum(groups):
    value = 1
    for group in groups:
        top = value >> 25
        value = (value & 0x1FFFFFF) << 5 ^ group
        for bit, word in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            value ^= word if top >> bit & 1 else 0
    return value


def test_a_new_identity_belongs_to_its_recipient():
    assert (recipient_of(IDENTITY), len(IDENTITY), len(RECIPIENT)) == (RECIPIENT, 74, 62)


def test_identities_are_new_each_time():
    assert new_age_identity()[0] != new_age_identity()[0]


def test_a_recipient_is_returned_as_it_is():
    assert check_recipient(RECIPIENT) == RECIPIENT


def test_the_base_point_is_a_safe_recipient():
    assert check_recipient(bech32(9)) == bech32(9)


@pytest.mark.parametrize(
    "text",
    [bech32(u) for u in LOW_ORDER]
    + [bech32(u + P25519) for u in range(19)]
    + [bech32(u + 2**255) for u in (9, P25519 - 2)]
    + [bech32(9, padding=bits) for bits in (1, 8, 15)]
    + [RECIPIENT.upper(), RECIPIENT[:-1] + "q", RECIPIENT[:-1], RECIPIENT + "q", RECIPIENT + "\n"]
    + ["age1" + "b" * 58, "", "age1pq", None, 7],
)
def test_other_recipients_are_refused(text):
    with pytest.raises(InputError) as caught:
        check_recipient(text, field="body.recipient")
    assert (caught.value.code, caught.value.field) == ("recipient_invalid", "body.recipient")


def test_nothing_is_encrypted_to_an_unsafe_recipient():
    with pytest.raises(InputError):
        age_encrypt(bech32(0), b"secret")


@given(st.binary(max_size=300))
@settings(max_examples=30)
def test_bytes_come_back(data):
    assert age_decrypt(IDENTITY, age_encrypt(RECIPIENT, data)) == data


@pytest.mark.parametrize(
    "identity",
    [
        "",
        IDENTITY.lower(),
        IDENTITY[:-1] + "Q",
        IDENTITY + "\n",
        "AGE-SECRET-KEY-1",
        "é" * 74,
        other_spelling(IDENTITY),
    ],
)
def test_texts_that_are_no_identity_are_refused_without_being_quoted(identity):
    with pytest.raises(EvidenceError) as caught:
        age_decrypt(identity, CIPHERTEXT)
    shown = (caught.value.code, str(caught.value), caught.value.__cause__)
    assert shown == ("identity_invalid", "identity: must be an age X25519 identity", None)


def test_another_identity_does_not_open():
    with pytest.raises(EvidenceError) as caught:
        age_decrypt(new_age_identity()[0], CIPHERTEXT)
    assert (caught.value.code, caught.value.field) == ("unsealing_failed", "ciphertext")


def test_every_single_flipped_bit_is_refused():
    accepted = []
    for bit in range(len(CIPHERTEXT) * 8):
        changed = bytearray(CIPHERTEXT)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            age_decrypt(IDENTITY, bytes(changed))
        except EvidenceError:
            continue
        accepted.append(bit)
    assert accepted == []


def test_every_shorter_ciphertext_is_refused():
    for size in range(len(CIPHERTEXT)):
        with pytest.raises(EvidenceError):
            age_decrypt(IDENTITY, CIPHERTEXT[:size])


def test_armour_is_refused_because_not_every_reader_takes_it():
    recipient = pyrage.x25519.Recipient.from_str(RECIPIENT)
    armoured = pyrage.encrypt(b"secret", [recipient], armored=True)
    for act in (
        lambda: age_decrypt(IDENTITY, armoured),
        lambda: decrypt_stream(IDENTITY, io.BytesIO(armoured), io.BytesIO()),
    ):
        with pytest.raises(EvidenceError) as caught:
            act()
        assert caught.value.code == "unsealing_failed"


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_streams_come_back(size):
    plain = bytes(index % 251 for index in range(size))
    sealed, opened = io.BytesIO(), io.BytesIO()
    encrypt_stream(RECIPIENT, io.BytesIO(plain), sealed)
    sealed.seek(0)
    decrypt_stream(IDENTITY, sealed, opened)
    assert (opened.getvalue() == plain, age_decrypt(IDENTITY, sealed.getvalue()) == plain) == (
        True,
        True,
    )


def test_a_changed_stream_is_refused_and_leaves_a_part_behind():
    sealed, opened = io.BytesIO(), io.BytesIO()
    encrypt_stream(RECIPIENT, io.BytesIO(bytes(200_000)), sealed)
    with pytest.raises(EvidenceError) as caught:
        decrypt_stream(IDENTITY, io.BytesIO(sealed.getvalue()[:-1]), opened)
    assert (caught.value.code, len(opened.getvalue())) == ("unsealing_failed", 196_608)


def test_a_stream_for_another_identity_leaves_nothing():
    opened = io.BytesIO()
    with pytest.raises(EvidenceError):
        decrypt_stream(new_age_identity()[0], io.BytesIO(CIPHERTEXT), opened)
    assert opened.getvalue() == b""


class Broken(io.BytesIO):
    """A stream whose disk fails after its first bytes."""

    def __init__(self, data=b"", *, after=100, code=errno.EIO):
        super().__init__(data)
        self.left, self.code = after, code

    def spend(self, size):
        self.left -= size
        if self.left < 0:
            raise OSError(self.code, "broken")

    def read(self, size=-1):
        data = super().read(size)
        self.spend(len(data))
        return data

    def write(self, data):
        self.spend(len(data))
        return super().write(data)


@pytest.mark.parametrize(
    "act",
    [
        lambda: decrypt_stream(IDENTITY, Broken(CIPHERTEXT), io.BytesIO()),
        lambda: decrypt_stream(IDENTITY, Broken(CIPHERTEXT, after=10), io.BytesIO()),
        lambda: decrypt_stream(IDENTITY, io.BytesIO(CIPHERTEXT), Broken(after=5)),
        lambda: encrypt_stream(RECIPIENT, Broken(bytes(500)), io.BytesIO()),
        lambda: encrypt_stream(RECIPIENT, io.BytesIO(bytes(200_000)), Broken()),
        lambda: encrypt_stream(RECIPIENT, io.BytesIO(bytes(500)), Broken()),
    ],
    ids=["reading", "reading the head", "writing", "reading plaintext", "first", "last"],
)
def test_a_fault_of_the_disk_is_not_taken_for_a_forged_file(act):
    with pytest.raises(OSError, match="broken") as caught:
        act()
    assert caught.value.errno == errno.EIO


def with_longer_header(size):
    """Return the sealed file with a second stanza, so that the MAC's line begins at `size`."""
    magic, rest = CIPHERTEXT[:22], CIPHERTEXT[22:]
    missing = size - CIPHERTEXT.index(b"\n---") - len(b"-> other \n\n")
    return magic + b"-> other " + b"a" * missing + b"\n\n" + rest


def open_as(opener, sealed):
    if opener == "bytes":
        age_decrypt(IDENTITY, sealed)
    else:
        decrypt_stream(IDENTITY, io.BytesIO(sealed), io.BytesIO())


@pytest.mark.parametrize("opener", ["bytes", "stream"])
def test_a_header_longer_than_anybody_needs_is_not_read(monkeypatch, opener):
    library = []

    def note(*_args):
        library.append(opener)
        raise pyrage.DecryptError

    monkeypatch.setattr(pyrage, "decrypt", note)
    monkeypatch.setattr(pyrage, "decrypt_io", note)
    for end in (HEADER_LIMIT - 4, HEADER_LIMIT - 3, 2_000_000):
        sealed = with_longer_header(end)
        assert sealed.index(b"\n---") == end
        with pytest.raises(EvidenceError) as caught:
            open_as(opener, sealed)
        assert caught.value.code == "unsealing_failed"
    assert library == [opener]


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_a_header_is_whole_however_its_stream_comes(step):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, step) if size >= 0 else step)

    opened = io.BytesIO()
    decrypt_stream(IDENTITY, Slow(CIPHERTEXT), opened)
    assert opened.getvalue() == b"ten in the morning"
