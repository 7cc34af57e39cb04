"""What a PDF says about itself: document information, the same as XMP, and what PDF/A asks for."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cache
from xml.sax.saxutils import escape

from worker.render.objects import ObjectFile, text_string

PRODUCER = "Pressroom"
#: namespace of what only Pressroom says: rows received, rows rendered, control totals
NAMESPACE = "urn:pressroom:report:1"
_MARKUP = re.compile("[&<>]")
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\ufffd")


@dataclass(frozen=True, slots=True)
class Information:
    """All that stands in the file about the file."""

    title: str
    author: str = PRODUCER
    subject: str = ""
    keywords: str = ""
    #: a BCP 47 tag
    language: str = "en"
    #: epoch milliseconds
    created_at_ms: int = 0
    #: more entries by name (letters only), such as RowsReceived
    facts: dict[str, str] = field(default_factory=dict)
    #: a PDF/A conformance, "2b" or "3b", that the file claims; None: no claim
    pdfa: str | None = None

    @property
    def moment(self) -> dt.datetime:
        """When it was created, in UTC, to the second."""
        return dt.datetime.fromtimestamp(self.created_at_ms // 1000, dt.UTC)

    @property
    def pdf_date(self) -> bytes:
        """The moment as a PDF string."""
        when = self.moment
        figures = (when.year, when.month, when.day, when.hour, when.minute, when.second)
        return b"(D:%04d%02d%02d%02d%02d%02d+00'00')" % figures


def write_information(file: ObjectFile, info: Information) -> int:
    """The document information dictionary."""
    texts = {
        "Title": info.title,
        "Author": info.author,
        "Subject": info.subject,
        "Keywords": info.keywords,
        "Creator": PRODUCER,
        "Producer": PRODUCER,
        **info.facts,
    }
    entries = b"".join(
        [b"/%s%s" % (key.encode(), text_string(value)) for key, value in texts.items() if value]
    )
    date = info.pdf_date
    return file.add(b"<<%s/CreationDate%s/ModDate%s>>" % (entries, date, date))


def write_catalog_metadata(file: ObjectFile, info: Information) -> bytes:
    """XMP, language and, for PDF/A, the output intent, as entries of the catalog."""
    number = file.add_stream(b"/Type/Metadata/Subtype/XML", xmp(info).encode())
    entries = b"/Metadata %d 0 R/Lang%s" % (number, text_string(info.language))
    if info.pdfa:
        entries += b"/OutputIntents[%s]" % _output_intent(file)
    return entries


def xmp(info: Information) -> str:
    """The metadata packet; every entry of the document information has its counterpart here."""
    date = f"{info.moment.isoformat()[:19]}Z"
    parts = [
        _description("dc", "http://purl.org/dc/elements/1.1/", _dublin_core(info)),
        _description(
            "xmp",
            "http://ns.adobe.com/xap/1.0/",
            f"<xmp:CreatorTool>{PRODUCER}</xmp:CreatorTool><xmp:CreateDate>{date}</xmp:CreateDate>"
            f"<xmp:ModifyDate>{date}</xmp:ModifyDate><xmp:MetadataDate>{date}</xmp:MetadataDate>",
        ),
        _description("pdf", "http://ns.adobe.com/pdf/1.3/", _pdf_entries(info)),
    ]
    if info.facts:
        facts = "".join(f"<report:{key}>{_xml(value)}</report:{key}>" for key, value in info.facts.items())
        parts.append(_description("report", NAMESPACE, facts))
    if info.pdfa:
        parts.append(_pdfa_claim(info.pdfa))
        if info.facts:
            parts.append(_extension_schema(info.facts))
    body = "\n".join(parts)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f"{body}\n</rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )


def _dublin_core(info: Information) -> str:
    parts = [
        "<dc:format>application/pdf</dc:format>",
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{_xml(info.title)}</rdf:li></rdf:Alt></dc:title>',
        f"<dc:language><rdf:Bag><rdf:li>{_xml(info.language)}</rdf:li></rdf:Bag></dc:language>",
    ]
    if info.author:
        parts.append(f"<dc:creator><rdf:Seq><rdf:li>{_xml(info.author)}</rdf:li></rdf:Seq></dc:creator>")
    if info.subject:
        parts.append(
            '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
            f"{_xml(info.subject)}</rdf:li></rdf:Alt></dc:description>"
        )
    return "".join(parts)


def _pdf_entries(info: Information) -> str:
    keywords = f"<pdf:Keywords>{_xml(info.keywords)}</pdf:Keywords>" if info.keywords else ""
    return f"<pdf:Producer>{PRODUCER}</pdf:Producer>{keywords}"


def _description(prefix: str, namespace: str, body: str) -> str:
    return f'<rdf:Description rdf:about="" xmlns:{prefix}="{namespace}">{body}</rdf:Description>'


def _pdfa_claim(pdfa: str) -> str:
    part, conformance = pdfa[0], pdfa[1:].upper()
    body = f"<pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>{conformance}</pdfaid:conformance>"
    return _description("pdfaid", "http://www.aiim.org/pdfa/ns/id/", body)


def _extension_schema(names: dict[str, str]) -> str:
    """Declares the properties that are not XMP's own, as ISO 19005-2, 6.6.2.3.3 asks for."""
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>internal</pdfaProperty:category>"
        f"<pdfaProperty:description>{name} of the report</pdfaProperty:description></rdf:li>"
        for name in names
    )
    spaces = (
        'xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
        'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" '
        'xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"'
    )
    return (
        f'<rdf:Description rdf:about="" {spaces}><pdfaExtension:schemas><rdf:Bag>'
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Pressroom report</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>report</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    )


def _xml(text: str) -> str:
    if text.isascii() and text.isprintable() and _MARKUP.search(text) is None:
        return text
    return escape(text.translate(_NOT_XML).encode("utf-8", "replace").decode())


def _output_intent(file: ObjectFile) -> bytes:
    profile = file.add_packed(b"/N 3", srgb_profile())
    name = text_string("sRGB IEC61966-2.1")
    return (
        b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier%s/Info%s/DestOutputProfile %d 0 R>>"
        % (
            name,
            name,
            profile,
        )
    )


@cache
def srgb_profile() -> bytes:
    """An ICC profile of sRGB, without the moment of its making."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # ICC.1, 7.2: bytes 24 to 35 hold the date, 84 to 99 an optional digest
    profile[24:36] = b"\x07\xe0\0\1\0\1\0\0\0\0\0\0"
    profile[84:100] = bytes(16)
    return bytes(profile)
