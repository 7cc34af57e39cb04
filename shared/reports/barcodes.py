"""What the barcodes can hold, checked before anything is drawn."""

from __future__ import annotations

from typing import Literal

BarcodeKind = Literal["qr", "code128", "ean13"]
#: bytes in a QR code of version 39, the largest that the engine makes, at error correction M
MAX_QR_BYTES = 2213
MAX_CODE128 = 60


def check_barcode(kind: BarcodeKind, value: str) -> str | None:
    """What keeps the value from being encoded, or None."""
    if not value:
        return "must not be empty"
    if kind == "qr":
        size = len(value.encode())
        return f"has {size:,} bytes; a QR code holds {MAX_QR_BYTES:,}" if size > MAX_QR_BYTES else None
    if kind == "code128":
        return _check_code128(value)
    if not (value.isascii() and value.isdigit() and len(value) in (12, 13)):
        return "must be 12 or 13 digits"
    if len(value) == 13 and value[12] != ean13_digit(value[:12]):
        return f"has the wrong check digit: it should end in {ean13_digit(value[:12])}"
    return None


def ean13_digit(digits: str) -> str:
    """The check digit of twelve digits (GS1 General Specifications, 7.9)."""
    weighted = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return str(-weighted % 10)


def _check_code128(value: str) -> str | None:
    if len(value) > MAX_CODE128:
        return f"has {len(value):,} characters; Code 128 holds {MAX_CODE128} here"
    if not all(" " <= char <= "~" for char in value):
        return "must be printable ASCII"
    return None
