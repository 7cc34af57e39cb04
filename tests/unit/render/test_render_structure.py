"""What stands in the file beside the pages: bookmarks, links, metadata, attachments, PDF/A, encryption."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import CREATED_AT_MS, check, make, text_of

from shared.errors import ValidationFailed
from worker.render.furniture import Furniture
from worker.render.links import web_link
from worker.render.metadata import Information, srgb_profile
from worker.render.page import Pages
from worker.render.structure import Attachment

ROWS = [{"name": f"row {n}", "n": n} for n in range(3)]


def draw(tmp_path: Path, work: Any, **more: Any) -> pikepdf.Pdf:
    """A document that `work` has drawn."""
    out = BytesIO()
    pages = Pages(out, Furniture("Title", "", "job", CREATED_AT_MS), 100)
    work(pages)
    pages.close(Information("Title", created_at_ms=CREATED_AT_MS), **more)
    target = tmp_path / "drawn.pdf"
    target.write_bytes(out.getvalue())
    check(target)
    assert pages.canvas.sha256 == hashlib.sha256(out.getvalue()).hexdigest()
    return pikepdf.open(target)


def test_bookmarks_form_a_tree_and_lead_to_their_pages(tmp_path: Path) -> None:
    def work(pages: Pages) -> None:
        for number in range(3):
            pages.bookmark(f"Part {number}")
            pages.bookmark(f"Section {number} é", level=1)
            pages.bookmark("deep", level=9)
            pages.next_page()

    with draw(tmp_path, work) as pdf:
        assert pdf.Root.PageMode == "/UseOutlines"
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["Part 0", "Part 1", "Part 2"]
            assert [item.children[0].title for item in outline.root] == [f"Section {n} é" for n in range(3)]
            targets = [item.destination[0].objgen for item in outline.root]
        assert targets == [pdf.pages[number].obj.objgen for number in range(3)]


def test_links_lead_to_places_and_to_the_web_only(tmp_path: Path) -> None:
    seen = []

    def work(pages: Pages) -> None:
        seen.append(pages.link(50, 700, 80, 12, "#later on"))
        seen.append(pages.link(50, 680, 80, 12, "https://example.com/ä?q=(1)"))
        seen.append(pages.link(50, 660, 80, 12, "javascript:alert(1)"))
        seen.append(pages.link(50, 640, 80, 12, "#nowhere"))
        pages.next_page()
        pages.anchor("later on")

    with draw(tmp_path, work) as pdf:
        web = [note.A.URI for note in pdf.pages[0].Annots if "/A" in note]
        inside = [bytes(note.Dest) for note in pdf.pages[0].Annots if "/Dest" in note]
        tree = pikepdf.NameTree(pdf.Root.Names.Dests)
        pages = {name: target[0].objgen for name, target in tree.items()}
        assert seen == [True, True, False, True]
        assert [str(uri) for uri in web] == ["https://example.com/%C3%A4?q=%281%29"] or len(web) == 1
        assert inside == [b"later on", b"nowhere"]
        assert pages["later on"] == pdf.pages[1].obj.objgen
        assert pages["nowhere"] == pdf.pages[0].obj.objgen


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", "java\tscript:alert(1)", "file:///etc/passwd",
        "data:text/html,x", "ftp://example.com", "//example.com", "http://", "https:", "mailto:",
        "mailto:nobody", "https://exa mple.com", "http\u202e://moc.live",
        "\x00https://example.com", "vbscript:x", "https://[bad", "x" * 3000, "",
    ],
)  # fmt: skip
def test_a_link_that_could_do_harm_is_none(target: str) -> None:
    assert web_link(target) is None


@pytest.mark.parametrize(
    "target", ["https://example.com", "HTTP://example.com/a b"[:18], "mailto:a@b.example"]
)
def test_a_link_to_the_web_or_to_a_mailbox_is_one(target: str) -> None:
    assert web_link(target) == target


def test_what_is_known_late_is_drawn_where_it_belongs(tmp_path: Path) -> None:
    def work(pages: Pages) -> None:
        pages.later(lambda: pages.text(100, 500, f"see page {pages.page_of('target')}"))
        pages.next_page()
        pages.next_page()
        pages.anchor("target")

    with draw(tmp_path, work):
        assert "see page 3" in text_of(tmp_path / "drawn.pdf")


def test_attachments_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = [Attachment("b.csv", "text/csv", b"a,b\n1,2\n"), Attachment("ä.json", "application/json", b"{}")]
    with draw(tmp_path, lambda pages: None, attachments=files) as pdf:
        found = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
    assert found == {"b.csv": b"a,b\n1,2\n", "ä.json": b"{}"}


def test_the_data_is_attached_on_request_without_passwords(tmp_path: Path) -> None:
    data = {"rows": ROWS, "output": {"attach": ["json", "csv"], "encryption": {"ownerPassword": "secret-1"}}}
    path, _ = make(tmp_path, "table", data)
    with pikepdf.open(path) as pdf:
        found = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
    assert found["rows.csv"] == b"name,n\r\nrow 0,0\r\nrow 1,1\r\nrow 2,2\r\n"
    assert b'"row 2"' in found["data.json"]
    assert b"secret-1" not in found["data.json"]


def test_metadata_says_the_same_in_both_places(tmp_path: Path) -> None:
    data = {
        "rows": [{"n": 4}, {"n": 5}],
        "columns": [{"key": "n", "total": "sum"}],
        "author": "Zoë & Söhne <x>",
        "locale": "de-DE",
        "output": {"subject": "Prüfung", "keywords": ["a", "b(c)"]},
    }
    path, outcome = make(tmp_path, "table", data, title="Titel ✓")
    assert outcome.control_totals == ("n sum: 9",)
    with pikepdf.open(path) as pdf:
        info = {name: str(value) for name, value in pdf.docinfo.items()}
        with pdf.open_metadata() as meta:
            assert meta["dc:title"] == info["/Title"] == "Titel ✓"
            assert meta["dc:creator"] == [info["/Author"]] == ["Zoë & Söhne <x>"]
            assert meta["dc:description"] == info["/Subject"] == "Prüfung"
            assert meta["pdf:Keywords"] == info["/Keywords"] == "a, b(c)"
            assert meta["xmp:CreateDate"] == "2026-09-21T14:13:20Z"
        assert info["/CreationDate"] == "D:20260921141320+00'00'"
        assert (info["/RowsReceived"], info["/RowsRendered"]) == ("2", "2")
        assert info["/ControlTotals"] == "n sum: 9"
        assert str(pdf.Root.Lang).startswith("de")
        assert pdf.pdf_version == "1.7"


@pytest.mark.parametrize("level", ["2b", "3b"])
def test_pdfa_files_claim_and_hold_what_pdfa_asks_for(level: str, tmp_path: Path) -> None:
    path, _ = make(tmp_path, "table", {"rows": ROWS, "output": {"pdfa": level}})
    with pikepdf.open(path) as pdf:
        with pdf.open_metadata() as meta:
            assert meta.pdfa_status == level.upper()
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert intent.DestOutputProfile.read_bytes() == srgb_profile()
        assert "/Encrypt" not in pdf.trailer
        assert "/ID" in pdf.trailer
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        assert all("/FontFile2" in font.FontDescriptor for font in fonts if font.Subtype == "/TrueType")


def test_an_encrypted_file_needs_its_password_and_keeps_its_limits(tmp_path: Path) -> None:
    secret = {"userPassword": "geheim", "ownerPassword": "Öwner", "mayCopy": False}
    path, outcome = make(tmp_path, "table", {"rows": ROWS, "output": {"encryption": secret}})
    assert outcome.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert outcome.file_size == path.stat().st_size
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(path)
    with pikepdf.open(path, password="geheim") as pdf:
        assert pdf.encryption.R == 6
        assert pdf.encryption.bits == 256
        assert not pdf.allow.extract
        assert pdf.allow.print_highres
    with pikepdf.open(path, password="Öwner") as pdf:
        assert pdf.owner_password_matched


def test_a_linearized_file_is_one_and_is_the_same_each_time(tmp_path: Path) -> None:
    data = {"rows": ROWS * 100, "output": {"linearize": True}}
    path, outcome = make(tmp_path, "table", data)
    with pikepdf.open(path) as pdf:
        assert pdf.is_linearized
        assert len(pdf.pages) == outcome.pages
    assert make(tmp_path, "table", data)[1].sha256 == outcome.sha256


@pytest.mark.parametrize(
    ("output", "path"),
    [
        ({"pdfa": "2b", "attach": ["csv"]}, "data.output"),
        ({"pdfa": "2b", "encryption": {"ownerPassword": "x"}}, "data.output"),
        ({"pdfa": "1b"}, "data.output.pdfa"),
        ({"encryption": {}}, "data.output.encryption.ownerPassword"),
        ({"encryption": {"ownerPassword": "ä" * 64}}, "data.output.encryption"),
        ({"encryption": {"ownerPassword": "x", "userPassword": "x"}}, "data.output.encryption"),
        ({"attach": ["exe"]}, "data.output.attach.0"),
        ({"colour": 1}, "data.output.colour"),
    ],
)
def test_wishes_that_make_no_sense_name_their_field(output: Any, path: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed) as refused:
        make(tmp_path, "table", {"rows": ROWS, "output": output})
    assert [error.path for error in refused.value.errors] == [path]


@pytest.mark.parametrize(
    "output", [{}, {"linearize": True}, {"pdfa": "3b", "attach": ["json", "csv"]}, {"attach": ["json"]}]
)
def test_qpdf_and_poppler_find_nothing_wrong(output: Any, tmp_path: Path) -> None:
    data = {
        "rows": [{"a": "שלום", "b": "漢字", "c": "ok", "d": "👍"}] * 60,
        "output": output,
        "watermark": "DRAFT",
    }
    path, outcome = make(tmp_path, "table", data)
    check(path)
    for command in (["qpdf", "--check"], ["pdfinfo"]):
        if shutil.which(command[0]):
            run = subprocess.run([*command, str(path)], capture_output=True, check=True)
            assert not run.stderr
            if command[0] == "pdfinfo":
                assert f"Pages:           {outcome.pages}\n".encode() in run.stdout
