"""A bid of any size through a real browser: sealed, opened, read; and what memory that takes.

Decided here: which processes are looked at and when. The bidder and the expert have browsers of
their own with a profile on the disk, as people have: a browser that keeps no profile keeps its
Blobs in memory.
"""

from __future__ import annotations

import contextlib
import json
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from benchmarks.large_bid import MEGABYTE, Figures, reset_peak, resident
from tests.end_to_end.conftest import CHROMIUM, VIEW, Crowd, running_site
from tests.end_to_end.course import Course, sign, tender

if TYPE_CHECKING:
    from collections.abc import Iterator

BIDDER, EXPERT = "bidder-demo0001", "fenghua-01"
PAGE_BYTES = 4 * MEGABYTE
SIDE = 1155
"""Pixels of a square picture of three bytes each that has the bytes of a page."""
BASE_S = 60.0
SECONDS_FOR_MEGABYTE = 1.5
"""Until the deadline, on a very busy machine."""
LOOK_MS = 500


@dataclass(frozen=True, slots=True)
class Used(Figures):
    """What one kind of process took in a step."""

    step: str


@dataclass(slots=True)
class Watch:
    """Peaks of processes between `begin` and `end`."""

    found: list[Used] = field(default_factory=list)
    _before: dict[Path, tuple[str, int]] = field(default_factory=dict)

    def begin(self, profile: Path, config: Path) -> None:
        processes = {server_with(config): "server"} | browser_processes(profile)
        self._before = {one: (kind, reset_peak(one)) for one, kind in processes.items()}

    def end(self, step: str) -> None:
        for process, (kind, before) in self._before.items():
            with contextlib.suppress(FileNotFoundError, StopIteration):
                self.found.append(Used(kind, before, resident(process, "VmHWM"), step))


def server_with(config: Path) -> Path:
    """Return the folder in /proc of the server that runs with these settings."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_text().split("\0")
            if {"serve", str(config)} <= set(words):
                return process
    raise LookupError(config)


def browser_processes(profile: Path) -> dict[Path, str]:
    """Return the folders in /proc of a browser with that profile: its main process, its pages."""
    parents: dict[Path, Path] = {}
    words: dict[Path, list[str]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, StopIteration, IndexError):
            lines = (process / "status").read_text().splitlines()
            parent = next(line for line in lines if line.startswith("PPid:")).split()[1]
            parents[process] = Path("/proc") / parent
            words[process] = (process / "cmdline").read_text().replace("\0", " ").split()
    mains = {one for one in words if f"--user-data-dir={profile}" in words[one]}
    mains = {one for one in mains if not any(word.startswith("--type=") for word in words[one])}
    found = dict.fromkeys(mains, "browser")
    for process, typed in words.items():
        if "--type=renderer" in typed and mains & set(ancestors(process, parents)):
            found[process] = "page"
    return found


def ancestors(process: Path, parents: dict[Path, Path]) -> Iterator[Path]:
    while process in parents:
        process = parents[process]
        yield process


def large_pdf(path: Path, size: int) -> None:
    """Write a PDF with pictures that nothing makes smaller, of `size` bytes and a little."""
    chances = random.Random(size)
    with pikepdf.new() as pdf:
        for _ in range(max(1, size // PAGE_BYTES)):
            picture = pdf.make_stream(
                chances.randbytes(SIDE * SIDE * 3),
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=SIDE,
                Height=SIDE,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
            )
            page = pdf.add_blank_page(page_size=(595, 842))
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=picture))
            page.Contents = pdf.make_stream(b"q 500 0 0 500 40 300 cm /Im Do Q")
        pdf.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


class LargeCourse(Course):
    """The course with one bid whose file is large, and time to seal it."""

    file: Path
    taking_s: float

    def publish(self) -> None:
        document = self.folder / "tender.json"
        document.write_text(json.dumps(tender(time.time() + self.taking_s)), encoding="utf-8")
        page = self.go("officer-demo-1", "tender")
        page.set_input_files("[name=file]", document)
        expect(page.locator("[name=number]")).to_have_value("FH-2026-WY-03")
        sign(page, "#tender .is-primary")
        expect(page.locator("dl.facts")).to_be_visible()

    def seal_large(self) -> None:
        page = self.go(BIDDER, "seal")
        page.fill("[name=bidder_name]", "安和物业服务有限公司")
        page.fill("[name=price]", "2498000.00")
        page.select_option("[name=size]", "medium")
        page.fill("[name=duration]", "一年")
        page.set_input_files("[name=files]", self.file)
        sign(page, "#seal-bid .acts .is-primary")
        expect(page.locator("#bid-receipt")).to_be_visible(timeout=self.taking_s * 1000)

    def await_opened(self) -> Page:
        """Release the officers' shares, and wait until the bid is open."""
        end = time.monotonic() + 2 * self.taking_s
        for officer in ("officer-demo-1", "officer-demo-2"):
            while not self.go(officer, "opening").locator(".share-release").count():
                assert time.monotonic() < end
                self.people[officer].wait_for_timeout(LOOK_MS)
            self.release(officer, "opening")
        while not self.go(BIDDER, "opening").locator("table caption").count():
            assert time.monotonic() < end
            self.people[BIDDER].wait_for_timeout(LOOK_MS)
        return self.people[BIDDER]

    def read(self) -> None:
        """Let the expert open the bid's file and look at two of its pages."""
        page = self.wait(EXPERT, "responsiveness", "a[data-read]")
        page.locator("a[data-read]").first.click()
        sheet = page.locator("#reader .pdf-sheet canvas")
        expect(sheet).to_be_visible(timeout=self.taking_s * 1000)
        page.locator("#reader [data-pdf=next]").click()
        expect(page.locator("#reader .pdf-page")).to_have_value("2", timeout=60_000)
        expect(sheet).to_be_visible(timeout=60_000)


@contextlib.contextmanager
def own_browser(playwright: Playwright, crowd: Crowd, person: str, profile: Path) -> Iterator[None]:
    """Give somebody a browser of their own, with a profile on the disk."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        viewport=VIEW,
        locale="zh-CN",
    )
    crowd.contexts[person] = context
    try:
        yield
    finally:
        del crowd.contexts[person]
        context.close()


def measure(size: int, folder: Path, *, crowd: Crowd, playwright: Playwright) -> list[Used]:
    """Seal, open and read a bid of `size` bytes at the crowd's venue; return what it took."""
    course = LargeCourse(crowd, folder)
    course.file, course.taking_s = (
        folder / "bid.pdf",
        BASE_S + SECONDS_FOR_MEGABYTE * size / MEGABYTE,
    )
    large_pdf(course.file, size)
    venue, watch = crowd.site.config, Watch()
    bidder, expert = folder / "bidder", folder / "expert"
    with own_browser(playwright, crowd, BIDDER, bidder):
        course.found()
        course.publish()
        course.go(BIDDER, "seal")
        watch.begin(bidder, venue)
        course.seal_large()
        watch.end("sealed")
        watch.begin(bidder, venue)
        course.await_opened()
        watch.end("opened")
    course.people.pop(BIDDER)
    course.order()
    course.draw()
    course.order()
    with own_browser(playwright, crowd, EXPERT, expert):
        course.check_in()
        course.declare_and_elect()
        course.order()
        course.wait(EXPERT, "responsiveness", "a[data-read]")
        watch.begin(expert, venue)
        course.read()
        watch.end("read")
    return watch.found


def measure_alone(size: int) -> list[Used]:
    """As `measure`, with a server and browsers of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        running_site(Path(folder)) as site,
    ):
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        figures = measure(size, Path(folder), crowd=Crowd(site, browser), playwright=playwright)
        browser.close()
    return figures
