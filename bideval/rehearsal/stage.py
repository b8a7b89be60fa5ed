"""A meeting on servers of its own: start them, hold it, fetch the bundle, stop them.

Decided here: folders and ports of a rehearsal's venues, and that the bundle is what counts in the
end. Not decided here: how first accounts come about (the command line hands in a way to make codes)
and whether the bundle holds (`bideval.audit`).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from bideval.audit.bundle import read_bundle
from bideval.ledger.note import parse_note
from bideval.rehearsal.client import AnswerError
from bideval.rehearsal.meeting import Meeting, first_codes
from bideval.rehearsal.servers import VenuePlan, free_ports, write_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from bideval.rehearsal.meeting import Casting, MeetingPlan
    from bideval.rehearsal.persona import Devices

    Tell = Callable[[str, Mapping[str, object]], None]

BUNDLE_PATIENCE_S = 30.0
AUTHORITY_NAME = "Authority of a rehearsal"
"""As readers of a report see who vouches for the venue's certificate."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the command line lends: keys for a settings file, a code for a person at a venue.

    `certify` makes an authority in a folder, and a certificate of it for the reports of each venue.
    """

    certify: Callable[[Path, str, Mapping[Path, str]], None]
    make_keys: Callable[[Path], dict[str, Any]]
    make_code: Callable[[Path, str, str], str]
    devices: Devices


def plan_venues(
    names: Mapping[str, str], folder: Path, ports: Sequence[int] = ()
) -> list[VenuePlan]:
    """Return venues (id to name) below a folder, on given or free ports.

    Where an earlier run left its venues, they stay as they are: this run's go beside them.
    """
    chosen = list(ports) or free_ports(len(names))
    place = _unused(folder, names)
    return [
        VenuePlan(venue, name, place / venue, port)
        for (venue, name), port in zip(names.items(), chosen, strict=True)
    ]


def _unused(folder: Path, names: Iterable[str]) -> Path:
    numbered = (folder.with_name(f"{folder.name}-{number}") for number in count(2))
    return next(
        place
        for place in chain([folder], numbered)
        if not any((place / venue).exists() for venue in names)
    )


def settle_venues(venues: Sequence[VenuePlan], workshop: Workshop) -> None:
    """Write what the servers of a demonstration need: settings, keys, an authority of their own."""
    names = {plan.folder: plan.name for plan in venues}
    workshop.certify(authority_of(venues).parent, AUTHORITY_NAME, names)
    write_settings(venues, workshop.make_keys, demo=True, reports_signed=True)


def authority_of(venues: Sequence[VenuePlan]) -> Path:
    """Return the certificate that vouches for whoever signs the reports of these venues."""
    return venues[0].folder.parent / "authority" / "authority.pem"


def first_accounts(venues: Sequence[VenuePlan], workshop: Workshop) -> dict[str, str]:
    """Return one-time codes for the people whom nobody else can invite."""
    return {
        person: workshop.make_code(plan.settings_file, person, str(role))
        for plan, person, role in first_codes(venues)
    }


async def hold_meeting(
    plan: MeetingPlan, play: Casting, devices: Devices, tell: Tell
) -> tuple[Meeting, bytes]:
    """Hold the meeting on running servers; return it with the evidence bundle."""
    async with contextlib.AsyncExitStack() as stack:
        meeting = Meeting(plan, play, devices, stack, tell)
        await meeting.hold()
        return meeting, await _bundle(meeting)


async def _bundle(meeting: Meeting) -> bytes:
    """Fetch the bundle once every branch has co-signed the end of the record.

    After `BUNDLE_PATIENCE_S` it is taken as it is: the verifier says who did not sign.
    """
    path = f"/api/sessions/{meeting.plan.session}/bundle"
    clock = asyncio.get_running_loop().time
    patient_until = clock() + BUNDLE_PATIENCE_S
    while True:
        try:
            bundle = await meeting.lead.fetch(path)
        except AnswerError as refused:
            if refused.code != "not_covered" or clock() > patient_until:
                raise
        else:
            if clock() > patient_until or _signatures(bundle) == len(meeting.plan.venues):
                return bundle
        await asyncio.sleep(0.3)


def _signatures(bundle: bytes) -> int:
    return len(parse_note(read_bundle(bundle).checkpoint).signatures)
