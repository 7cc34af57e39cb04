"""Data that means harm: it is printed as text, refused with its field's name, or stopped by a limit."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from render_helpers import CREATED_AT_MS, check, make, text_of

from shared.errors import RowLimitExceeded, ValidationFailed
from shared.queue.payload import read_options
from shared.reports import validate_data
from worker.render.engine import RenderRequest, render
from worker.render.pictures import load_picture

EVIL = (
    "<img src='/etc/passwd'/>",
    "<a href='file:///etc/passwd'>x</a>",
    "<para><b><i><u><font color='red'>nested</u></i></b></para>",
    # CVE-2023-33733: an expression in a colour of reportlab's markup
    "<font color=\"[[[getattr(pow, Word('__globals__'))['os'].system('touch x')]]]\">exploit</font>",
    "{{ 7*7 }} ${7*7} <% 7*7 %> #{7*7} %s {0}",
    "(unbalanced \\) Tj ET Q endstream endobj",
    "%PDF-1.7 trailer <</Root 1 0 R>> startxref",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
)


def picture(mode: str = "RGB", size: tuple[int, int] = (4, 3), kind: str = "PNG", **more: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, size, 128 if mode in ("L", "1", "I;16") else None).save(out, kind, **more)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A small file whose header promises that many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = b""
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        chunks += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunks


def uri(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize("text", EVIL)
def test_text_that_looks_like_code_is_printed_as_it_is(text: str, tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [{"a": text}], "summary": text}, title=text)
    check(path)
    assert "".join(text_of(path).split()).count("".join(text.split())) >= 2
    assert outcome.rows_rendered == 1


@pytest.mark.parametrize("text", EVIL)
def test_the_same_text_in_a_document_runs_nothing_and_links_nowhere(text: str, tmp_path: Path) -> None:
    blocks = [
        {"type": "paragraph", "text": text},
        {"type": "quote", "text": text},
        {"type": "code", "text": text},
    ]
    path, _ = make(tmp_path, "document", {"title": "x", "blocks": blocks})
    check(path)
    with pikepdf.open(path) as pdf:
        assert not [page for page in pdf.pages if "/Annots" in page]
        assert "/OpenAction" not in pdf.Root
        assert "/AA" not in pdf.Root


def test_overrides_of_direction_change_nothing_around_them(tmp_path: Path) -> None:
    text = "invoice\u202egnp.exe\u2066\u2067x\u2069\u202c end"
    path, _ = make(tmp_path, "table", {"rows": [{"a": text, "b": "after"}]})
    assert "invoicegnp.exex end" in text_of(path)


@pytest.mark.parametrize(
    ("char", "count"), [("W", 1_000_000), ("ש", 50_000), ("漢", 50_000), ("é\u0301", 20_000)]
)
def test_endless_words_are_broken(char: str, count: int, tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [[char * count]]}, max_pages=5000)
    assert outcome.rows_rendered == 1
    assert check(path) == outcome.pages


def test_a_stack_of_marks_does_not_run_away(tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [["a" + "\u0301\u0323" * 5_000 + "b", "next"]]})
    assert check(path) == outcome.pages


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture(), "PNG"), (picture("RGBA"), "PNG"), (picture("L"), "PNG"), (picture("1"), "PNG"),
        (picture("P"), "PNG"), (picture("I;16"), "PNG"), (picture(kind="JPEG"), "JPEG"),
        (picture("CMYK", kind="JPEG"), "JPEG"), (picture(kind="WEBP"), "WEBP"),
        (picture("RGBA", kind="WEBP"), "WEBP"),
    ],
    ids=range(10),
)  # fmt: skip
def test_pictures_of_every_kind_are_embedded(content: bytes, kind: str, tmp_path: Path) -> None:
    image = {"type": "image", "data": uri(content, kind.lower()), "width": 100}
    path, _ = make(tmp_path, "document", {"title": "x", "blocks": [image, image]})
    check(path)
    with pikepdf.open(path) as pdf:
        objects = pdf.pages[0].Resources.XObject.values()
        found = [one for one in objects if one.Subtype == "/Image" and "/Matte" not in one]
        assert [(int(one.Width), int(one.Height)) for one in found] == [(4, 3)]


@pytest.mark.parametrize("size", [(60_000, 60_000), (30_000, 1), (2**31 - 1, 2**31 - 1)])
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(ValidationFailed, match="pixels"):
        load_picture(png_that_claims(*size), "data.x")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"GIF89a", picture()[:40], b"\xff\xd8\xff\xe0" + bytes(50), picture(kind="GIF"),
        picture(kind="TIFF"), picture(kind="EPS"), b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        png_that_claims(100, 100),
    ],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_sound_picture_is_refused_by_its_field(content: bytes) -> None:
    with pytest.raises(ValidationFailed) as refused:
        load_picture(content, "data.logo")
    assert [error.path for error in refused.value.errors] == ["data.logo"]


def test_the_pixels_of_all_pictures_count_together(tmp_path: Path) -> None:
    blocks = [{"type": "image", "data": uri(picture(size=(90, 100 + n)))} for n in range(4)]
    data = {"title": "x", "blocks": blocks}
    request = RenderRequest("job", "document", None, data, CREATED_AT_MS, 10, max_image_pixels=30_000)
    with pytest.raises(ValidationFailed, match="pixels"):
        render(request, tmp_path / "out.pdf", lambda percent, stage: None)


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    request = RenderRequest("job", "table", None, {"rows": [[1]] * 11}, CREATED_AT_MS, 10, max_rows=10)
    with pytest.raises(RowLimitExceeded):
        render(request, tmp_path / "out.pdf", lambda percent, stage: None)


def test_no_file_and_no_address_is_ever_read(tmp_path: Path) -> None:
    for source in ("/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/x.png", "data:text/html,x"):
        block = {"type": "image", "data": source}
        with pytest.raises(ValidationFailed):
            make(tmp_path, "document", {"title": "x", "blocks": [block]})


@pytest.mark.parametrize(
    "value",
    [
        r'"a\u0007b"',
        r'"a\u009Fb"',
        '"a\x7fb"',
        '"a\x85b"',
        r'"\b"',
        "1" + "0" * 300,
        "-" + "9" * 400,
        "[" * 40 + "]" * 40,
        '{"a\x7f": 1}',
    ],
)
@pytest.mark.parametrize("positional", [False, True])
def test_a_payload_that_a_foreign_client_wrote_is_checked_as_its_data_is(
    value: str, positional: bool
) -> None:
    """What a render child looks at is the payload's own text, in whatever way that was written."""
    options = f'{{"reportType":"table","data":{{"rows":[{{"x":{value}}}]}}}}'
    arguments = f'"k":{{}},"a":[{options}]' if positional else f'"a":[],"k":{options}'
    payload = f'{{"t":null,"f":"generate-report",{arguments},"et":1}}'.encode()
    asked = read_options(payload)
    with pytest.raises(ValidationFailed) as by_text:
        _checked(payload)
    with pytest.raises(ValidationFailed) as by_data:
        validate_data(asked.report_type, asked.data)
    assert by_text.value.errors == by_data.value.errors


@pytest.mark.parametrize("value", ["1e400", "1E+999", "-1.5e0400", "NaN", "-Infinity"])
def test_an_infinite_number_does_not_get_out_of_a_payload(value: str) -> None:
    payload = f'{{"k":{{"reportType":"table","data":{{"rows":[{{"x":{value}}}]}}}}}}'.encode()
    with pytest.raises(ValidationFailed):
        _checked(payload)


def _checked(payload: bytes) -> None:
    asked = read_options(payload)
    validate_data(asked.report_type, asked.data, payload)
