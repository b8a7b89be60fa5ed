"""Every limit of the venue protocol, with its unit and its reason.

Decided here: the numbers. They belong to version 1 of the protocol: both ends count with the same
ones, so a peer that exceeds one is wrong, and the machine closes.
Not decided here: what happens at a limit; see the machine.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 1
"""Version of the protocol: subprotocol `bideval.link.v1`."""

SUBPROTOCOL: Final = "bideval.link.v1"

# Sizes, in bytes.

FRAME_BYTES: Final = 1_048_576
"""One WebSocket message. Largest legal one: 1,024 marks of 330 bytes, or 256 KiB of lines."""

LINE_BYTES: Final = 65_535
"""One line of the record; the ledger's own limit."""

BATCH_BYTES: Final = 262_144
"""Lines in one frame: 4 s on a line of 64 KiB/s, well under the silence deadline."""

BATCH_LINES: Final = 256
"""Lines in one frame. Batches of one are 20 to 40 times slower; more than 256 gains nothing."""

CHECKPOINTS_REFUSED: Final = 3
"""Checkpoints of one session that a branch refuses before it stops the session on that link."""

MARKS_REMEMBERED: Final = 64
"""Commits of a stream whose digests are remembered, for words that are still on their way."""

CHUNK_BYTES: Final = 65_536
"""Part of a file in one frame: a heartbeat waits behind at most this much bulk data."""

NOTE_BYTES: Final = 16_384
"""A checkpoint note: three header lines and up to some sixty signatures."""

COSIGNATURE_BYTES: Final = 1_024
"""One signature line of a note."""

FILE_BYTES: Final = 8_589_934_592
"""One file (8 GiB): sealed bids with drawings are the largest; anything above is a wrong number."""

# Credit: what may be on its way without an acknowledgement.

WINDOW_LINES: Final = 1_024
"""Unacknowledged lines per session and direction."""

WINDOW_BYTES: Final = 1_048_576
"""Unacknowledged bytes per session and direction: 1 MiB fills 80 ms of round trip at 100 Mbit/s."""

LINK_WINDOW_BYTES: Final = 8_388_608
"""Unacknowledged bytes of all sessions together: what a peer can make the receiver hold."""

OUTBOX_BYTES: Final = 524_288
"""Lines waiting for the socket; above it nothing more is read from storage."""

PROOF_BYTES: Final = 262_144
"""A proof of misbehaviour that is shown; a larger one (a record that is none) is not."""

# Counts.

PROOFS_WAITING: Final = 8
"""Proofs of one peer that wait to be judged: 40 s of them."""

SESSIONS: Final = 1_024
"""Sessions on one link. The host lists live ones; finished and saved ones are left out."""

OUTSTANDING_WANTS: Final = 4
"""Chunks asked for and not yet answered, per link: 3 MiB/s at 80 ms of round trip."""

FILES_WANTED: Final = 4_096
"""Missing files remembered; the host tells the rest again later."""

FILE_TRIES: Final = 5
"""Failed attempts at one file before it is reported as a fault (and left until told again)."""

EARLY_MARKS: Final = SESSIONS
"""Peer's marks kept while our own are still being read from storage."""

# Times, in milliseconds.

HANDSHAKE_MS: Final = 10_000
"""Connection to established. Heartbeats do not extend it: a lost hello would hang for ever."""

MARKS_MS: Final = 30_000
"""Established to both sides' marks for a session; longer means that one was lost."""

HEARTBEAT_MS: Final = 5_000
"""Between two pings."""

SILENCE_MS: Final = 15_000
"""Nothing heard for three heartbeats: the peer or the line is gone."""

NO_PROGRESS_MS: Final = 15_000
"""Lines sent and no acknowledgement moved: send again once, then close."""

IDLE_POLL_MS: Final = 15_000
"""Look into storage without being told: a lost wake-up costs this much and no more."""

CHECKPOINT_RETRY_MS: Final = 15_000
"""Send the newest checkpoint again when its cosignature has not come back."""

HEAD_MS: Final = 5_000
"""Between two heads of one session that a branch shows another: a busy record has many a second."""

PROOF_MS: Final = 5_000
"""Between two proofs on one link: each may cost some hundred signatures."""

CHUNK_MS: Final = 30_000
"""A wanted chunk has not come: ask again."""

FILE_RETRY_MS: Final = 10_000
"""Pause after a refused or absent file; doubled with each try."""

TICK_MS: Final = 1_000
"""How finely the timers of sessions and files are looked at once the link is up."""
