"""Instants: whole milliseconds since 1970-01-01T00:00:00Z, and their one text form.

Decided here: the RFC 3339 text with milliseconds and offset that every entry carries.
Not decided here: what time it is; the core reads no clock, and no instant orders anything.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TypeAlias

from bideval.terms.errors import InputError

Instant: TypeAlias = int
"""Milliseconds since the epoch, without leap seconds, from 0 to `LAST_INSTANT`."""

CHINA = timezone(timedelta(hours=8))
"""The offset of every venue; texts with other offsets are read but not written by default."""

LAST_INSTANT: Instant = 253_402_214_400_000
"""9999-12-31T00:00:00Z: without the last day every offset still has a four-digit year."""

_SHAPE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:Z|[+-][0-9]{2}:[0-5][0-9])",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def instant_text(instant: Instant, *, zone: timezone = CHINA) -> str:
    """Return the RFC 3339 text, such as `2026-11-22T10:00:00.000+08:00`.

    Raises `ValueError` for an instant outside 0..`LAST_INSTANT`: it is our own clock that gave it.
    """
    if not 0 <= instant <= LAST_INSTANT:
        raise ValueError("an instant lies between 1970 and 9999")
    moment = _EPOCH + instant * _MILLISECOND
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def parse_instant(text: object, *, field: str = "at") -> Instant:
    """Read an RFC 3339 text with exactly three decimals and an offset (`Z` or `+hh:mm`).

    Raises `InputError` at `field` for any other shape, a date that does not exist, second 60, or a
    year before 1970.
    """
    if not isinstance(text, str) or _SHAPE.fullmatch(text) is None:
        detail = "must look like 2026-11-22T10:00:00.000+08:00"
        raise InputError("not_an_instant", field=field, rule="rfc3339/5.6", detail=detail)
    hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
    try:
        instant = _midnight(text[:10], text[23:])
    except ValueError:
        instant = -1
    else:
        instant += ((hour * 60 + minute) * 60 + second) * 1_000 + int(text[20:23])
    if hour > 23 or minute > 59 or second > 59:
        instant = -1
    if not 0 <= instant <= LAST_INSTANT:
        detail = "must be a date and time that exists, from 1970 on"
        raise InputError("not_an_instant", field=field, rule="rfc3339/5.7", detail=detail)
    return instant


@lru_cache(maxsize=256)
def _midnight(day: str, offset: str) -> int:
    """Return when a day begins at an offset, in milliseconds; cached: a session is of few days.

    Raises `ValueError` where one of them does not exist.
    """
    return (datetime.fromisoformat(f"{day}T00:00:00{offset}") - _EPOCH) // _MILLISECOND
