"""Viewing copies: what acts is gone, what is shown stays, what is broken is refused."""

from __future__ import annotations

import io
import os
import zlib

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from bideval.gateways import viewing as viewing_module
from bideval.gateways.files import DiskFileStore
from bideval.gateways.viewing import ChildViewing, ViewingLimits
from bideval.terms.errors import FaultError, InputError, RefusedError

LIMITS = ViewingLimits(seconds=20, mebibytes=1024, pages=50)


@pytest.fixture
def files(tmp_path):
    return DiskFileStore(tmp_path / "files")


@pytest.fixture
def viewing(files, tmp_path):
    return ChildViewing(files, tmp_path / "viewing", LIMITS)


def plain_pdf(pages=2):
    pdf = pikepdf.new()
    for number in range(pages):
        pdf.add_blank_page(page_size=(200, 200))
        pdf.pages[-1].Contents = Stream(pdf, f"0 0 {number} 10 re f".encode())
    return pdf


def saved(pdf, **options):
    target = io.BytesIO()
    pdf.save(target, **options)
    return target.getvalue()


def active_pdf():
    """Return a PDF with everything that a viewing copy must not have."""
    pdf = plain_pdf()
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('secret')"), Type=Name.Action)
    attachment = pikepdf.AttachedFileSpec(pdf, b"MZ an embedded program", filename="run.exe")
    pdf.attachments["run.exe"] = attachment
    pdf.Root.OpenAction = pdf.make_indirect(script)
    pdf.Root.AA = Dictionary(WC=script)
    pdf.Root.Names.JavaScript = Dictionary(Names=Array([String("a"), pdf.make_indirect(script)]))
    pdf.pages[0].AA = Dictionary(O=script)
    launch = Dictionary(S=Name.Launch, F=String("cmd.exe"))
    go_to = Dictionary(S=Name.GoTo, D=Array([pdf.pages[1].obj, Name.Fit]))
    here = Array([0, 0, 9, 9])
    pdf.pages[0].Annots = Array(
        [
            pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=here, A=a))
            for a in (launch, go_to)
        ]
    )
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(Title=String("x"), A=launch))
    pdf.Root.Outlines.First = pdf.make_indirect(Dictionary(Title=String("y"), A=go_to))
    with pdf.open_metadata() as metadata:
        metadata["dc:creator"] = ["Zhang San"]
    pdf.docinfo["/Author"] = "Zhang San"
    return saved(pdf)


def stamped_pdf():
    """Return a PDF whose page shows a stamp that is an annotation with its own appearance."""
    pdf = plain_pdf(1)
    look = Stream(pdf, b"1 0 0 rg 0 0 50 50 re f")
    look.update({"/Type": Name.XObject, "/Subtype": Name.Form, "/BBox": Array([0, 0, 50, 50])})
    stamp = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Stamp,
        Rect=Array([10, 10, 60, 60]),
        F=4,
        AP=Dictionary(N=pdf.make_indirect(look)),
    )
    pdf.pages[0].Annots = Array([pdf.make_indirect(stamp)])
    return saved(pdf)


def keep(files, data):
    return files.put([data], limit=len(data)).sha256


async def copied(files, viewing, data):
    copy = await viewing.viewing_copy(keep(files, data))
    return copy, files.path(copy.facts.sha256).read_bytes()


async def refused(files, viewing, data):
    name = keep(files, data)
    with pytest.raises(InputError) as caught:
        await viewing.viewing_copy(name)
    assert files.path(name).read_bytes() == data
    return caught.value.code


async def test_a_plain_pdf_keeps_its_pages(files, viewing):
    copy, data = await copied(files, viewing, saved(plain_pdf(3)))
    assert (copy.pages, copy.facts.size) == (3, len(data))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert [page.Contents.read_bytes() for page in pdf.pages] == [
            f"0 0 {number} 10 re f".encode() for number in range(3)
        ]


async def test_what_acts_is_attached_or_names_somebody_is_gone(files, viewing):
    original = active_pdf()
    _, data = await copied(files, viewing, original)
    for word in (b"secret", b"cmd.exe", b"embedded", b"Zhang"):
        assert word in unpacked(original)
        assert word not in unpacked(data)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        present = {"/OpenAction", "/AA", "/AcroForm", "/Metadata"} & set(pdf.Root.keys())
        assert present == set()
        assert set(pdf.Root.get("/Names", {}).keys()) == set()
        assert "/AA" not in pdf.pages[0]
        assert "/Info" not in pdf.trailer


async def test_turning_pages_by_the_outline_stays(files, viewing):
    _, data = await copied(files, viewing, active_pdf())
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert "/A" not in pdf.Root.Outlines
        assert pdf.Root.Outlines.First.A.S == "/GoTo"


def unpacked(data):
    """Return a PDF with nothing compressed, so that words in it can be found."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return saved(
            pdf,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.all,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )


async def test_a_stamp_is_drawn_into_its_page(files, viewing):
    _, data = await copied(files, viewing, stamped_pdf())
    with pikepdf.open(io.BytesIO(data)) as pdf:
        page = pdf.pages[0]
        assert "/Annots" not in page
        drawn = [form.read_bytes() for form in page.Resources.XObject.values()]
    assert drawn == [b"1 0 0 rg 0 0 50 50 re f"]


async def test_a_copy_is_made_once(files, viewing, monkeypatch):
    name = keep(files, saved(plain_pdf()))
    first = await viewing.viewing_copy(name)
    monkeypatch.setattr(viewing_module.sys, "executable", "/does/not/exist")
    assert await viewing.viewing_copy(name) == first


async def test_a_lost_copy_is_made_again_the_same(files, viewing):
    name = keep(files, saved(plain_pdf()))
    first = await viewing.viewing_copy(name)
    files.path(first.facts.sha256).unlink()
    assert await viewing.viewing_copy(name) == first
    assert files.has(first.facts.sha256)


@pytest.mark.parametrize(
    "data", [b"", b"no pdf at all", b"%PDF-1.7\n%%EOF\n", b"%PDF-1.7\n" + b"\x00" * 1000]
)
async def test_what_is_no_pdf_is_refused(files, viewing, data):
    assert await refused(files, viewing, data) == "bad_pdf"


async def test_an_encrypted_pdf_is_refused(files, viewing):
    encryption = pikepdf.Encryption(owner="o", user="u")
    data = saved(plain_pdf(), encryption=encryption)
    assert await refused(files, viewing, data) == "pdf_encrypted"


async def test_too_many_pages_are_refused(files, viewing):
    assert await refused(files, viewing, saved(plain_pdf(51))) == "pdf_too_costly"


async def test_a_pdf_without_pages_is_refused(files, viewing):
    assert await refused(files, viewing, saved(pikepdf.new())) == "bad_pdf"


async def test_a_pdf_that_unpacks_to_too_much_is_refused(files, tmp_path):
    """A cross-reference stream of a few hundred kilobytes that unpacks to 400 MB."""
    tight = ChildViewing(files, tmp_path / "viewing", ViewingLimits(20, 256, 50))
    bomb = zlib.compress(bytes(400 << 20), 1)
    head = b"1 0 obj <</Type/XRef/W[1 1 1]/Index[0 2]/Size 2/Root 1 0 R/Filter/FlateDecode/Length "
    stream = head + str(len(bomb)).encode() + b">> stream\n" + bomb + b"\nendstream endobj\n"
    data = b"%PDF-1.7\n" + stream + b"startxref\n9\n%%EOF\n"
    assert await refused(files, tight, data) == "bad_pdf"


async def test_too_little_time_is_told(files, tmp_path):
    hurried = ChildViewing(files, tmp_path / "viewing", ViewingLimits(0, 1024, 50))
    assert await refused(files, hurried, saved(plain_pdf())) == "pdf_too_costly"


async def test_an_unknown_file_is_refused(viewing):
    with pytest.raises(RefusedError, match="sha256"):
        await viewing.viewing_copy("0" * 64)


async def test_a_child_that_says_nothing_is_our_fault(files, viewing, monkeypatch):
    monkeypatch.setattr(viewing_module.sys, "executable", "/bin/true")
    name = keep(files, saved(plain_pdf()))
    with pytest.raises(FaultError) as caught:
        await viewing.viewing_copy(name)
    assert caught.value.code == "viewing_failed"


async def test_nothing_is_left_beside_the_copies(files, viewing, tmp_path):
    data = saved(plain_pdf())
    await copied(files, viewing, data)
    await refused(files, viewing, b"no pdf at all")
    assert os.listdir(tmp_path / "viewing") == [keep(files, data)]  # noqa: PTH208  # names only
