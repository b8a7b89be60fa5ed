"""The one family of errors that the whole product raises on purpose.

Decided here: who is at fault (the family) and what an error carries: a stable `code`, the `field`
it is about, the `rule` that was broken, a one-line English `detail` for logs and operators.
Not decided here: status codes, languages, who gets to read what. Never put a secret in `detail`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class BidevalError(Exception):
    """Anything that this product refuses or finds wrong, in a form that machines can tell apart.

    `code` is stable, lower_snake_case and never translated; everything else may be absent.
    """

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(": ".join(part for part in (field, detail or code) if part))
        self.code = code
        self.field = field
        self.rule = rule
        self.detail = detail

    # typing.override needs Python 3.12.
    def __reduce__(  # type: ignore[explicit-override]
        self,
    ) -> tuple[Callable[..., BidevalError], tuple[object, ...]]:
        """Keep all parts when the error crosses a process boundary (verification pools)."""
        return _rebuild, (type(self), self.code, self.field, self.rule, self.detail)


class InputError(BidevalError):
    """What the user or the other party sent is malformed; `field` says where."""

    field: str

    def __init__(self, code: str, *, field: str, rule: str | None = None, detail: str = "") -> None:
        super().__init__(code, field=field, rule=rule, detail=detail)


class RefusedError(BidevalError):
    """What was asked is well formed but not allowed now; `rule` says why."""


class EvidenceError(BidevalError):
    """Bytes that should stand up as evidence do not verify."""


class FaultError(BidevalError):
    """We are at fault ourselves: storage, configuration, a broken promise of our own code."""


def _rebuild(
    family: type[BidevalError], code: str, field: str | None, rule: str | None, detail: str
) -> BidevalError:
    parts = {"field": field, "rule": rule, "detail": detail}
    return family(code, **parts)  # type: ignore[arg-type]  # an InputError always has its field
