"""The process that makes one viewing copy and ends.

Decided here: what is taken out of a PDF before anybody reads it: whatever acts by itself, what is
attached, and who made it. What a form or a stamp shows stays, drawn into its page.
Not decided here: limits (arguments), where the copy goes.

Visible marks that bidders agreed on stay visible: no tool can know them.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pikepdf

ACTIVE_KEYS = (
    "/AA",
    "/AF",
    "/AcroForm",
    "/Collection",
    "/DSS",
    "/EF",
    "/EmbeddedFiles",
    "/JS",
    "/JavaScript",
    "/Metadata",
    "/OpenAction",
    "/Perms",
    "/PieceInfo",
    "/RichMediaContent",
    "/RichMediaSettings",
    "/URI",
    "/XFA",
)
"""Keys removed from every dictionary: actions, attachments, forms, traces of the author."""

QUIET_ACTIONS = frozenset({"/GoTo", "/Named"})
"""Actions that only turn pages."""


def main(words: list[str]) -> int:
    """Make the copy and print one JSON object: `pages` or `refused`."""
    source, target = Path(words[0]), Path(words[1])
    seconds, mebibytes, pages, size = (int(word) for word in words[2:6])
    _limit(seconds, mebibytes << 20, size)
    print(json.dumps(_answer(source, target, pages)))  # noqa: T201  # the answer to the parent
    return 0


def _limit(seconds: int, memory: int, size: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def _answer(source: Path, target: Path, most_pages: int) -> dict[str, object]:
    import pikepdf  # noqa: PLC0415  # only after the limits are set

    try:
        with pikepdf.open(source) as pdf:
            count = len(pdf.pages)
            if not 0 < count <= most_pages:
                return {"refused": "pdf_too_costly" if count else "bad_pdf"}
            strip(pdf)
            pdf.remove_unreferenced_resources()
            pdf.save(
                target,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                deterministic_id=True,
                linearize=False,
            )
    except pikepdf.PasswordError:
        return {"refused": "pdf_encrypted"}
    except (MemoryError, OSError):
        return {"refused": "pdf_too_costly"}
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, RecursionError):
        return {"refused": "bad_pdf"}
    return {"pages": count}


def strip(pdf: pikepdf.Pdf) -> None:
    """Take out what acts, what is attached and who made it."""
    pdf.generate_appearance_streams()
    pdf.flatten_annotations(mode="screen")
    if "/Info" in pdf.trailer:
        del pdf.trailer.Info
    for page in pdf.pages:
        if "/Annots" in page:
            del page.obj["/Annots"]
    for found in pdf.objects:
        _strip_object(found, depth=0)


def _strip_object(found: Any, depth: int) -> None:  # noqa: ANN401  # any kind of PDF object
    """Clean a dictionary, array or stream and the direct objects in it."""
    import pikepdf  # noqa: PLC0415  # only after the limits are set

    if isinstance(found, pikepdf.Array):
        _descend(list(found.as_list()), depth)
    elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        for key in ACTIVE_KEYS:
            if key in found:
                del found[key]
        if "/A" in found and _acts(found["/A"]):
            del found["/A"]
        _descend([value for _, value in found.items()], depth)


def _descend(values: list[Any], depth: int) -> None:
    for value in values:
        if getattr(value, "is_indirect", True) is False and depth < 64:
            _strip_object(value, depth + 1)


def _acts(action: Any) -> bool:  # noqa: ANN401  # any kind of PDF object
    return str(action.get("/S", "")) not in QUIET_ACTIONS if hasattr(action, "get") else False


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
