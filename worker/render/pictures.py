"""Pictures in a document: recognised by their bytes, measured before they are decoded, written once.

A grey or RGB JPEG that stands upright goes into the file as it came; all else is decoded within limits, and
transparency becomes a soft mask. Nothing is ever read from a file or an address.
"""

from __future__ import annotations

import hashlib
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from shared.errors import FieldError, ValidationFailed
from worker.render.objects import ObjectFile

if TYPE_CHECKING:
    from PIL import Image

_FORMATS = ("JPEG", "PNG", "WEBP")
#: most pixels one picture may have, width times height
MAX_PIXELS = 25_000_000
#: longest side of one picture in pixels
MAX_SIDE = 20_000
_COLOR_SPACES = {"L": b"/DeviceGray", "RGB": b"/DeviceRGB"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be written into a document."""

    #: pixels
    width: int
    height: int
    #: hex sha256 of the source
    digest: str
    color_space: bytes
    #: PDF filter of `data`
    filter: bytes
    data: bytes
    #: compressed 8-bit alpha, when any pixel is not opaque
    mask: bytes | None = None


def load_picture(source: bytes, path: str, max_pixels: int = MAX_PIXELS) -> Picture:
    """A picture from the bytes of a JPEG, PNG or WEBP file.

    `path` names the field that holds it in errors. Raises ValidationFailed for another format, a broken file
    and too many pixels (which is decided from the header, before anything is decoded).
    """
    # loaded only where it is needed: most children never do
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(source), formats=_FORMATS) as image:
                _check_size(image.size, path, max_pixels)
                return _picture(image, source)
    except ValidationFailed:
        raise
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        message = f"has too many pixels; the limit is {max_pixels:,} in all and {MAX_SIDE:,} a side"
        raise ValidationFailed([FieldError(path, message)]) from error
    except Exception as error:
        # Pillow's decoders raise nearly anything on broken input
        message = "is not a readable JPEG, PNG or WEBP picture"
        raise ValidationFailed([FieldError(path, message)]) from error


def _check_size(size: tuple[int, int], path: str, max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels or max(size) > MAX_SIDE:
        message = (
            f"has {width:,} × {height:,} pixels; the limit is {max_pixels:,} in all and {MAX_SIDE:,} a side"
        )
        raise ValidationFailed([FieldError(path, message)])
    if min(size) < 1:
        raise ValidationFailed([FieldError(path, "has no pixels")])


def _picture(image: Image.Image, source: bytes) -> Picture:
    from PIL import ImageOps

    digest = hashlib.sha256(source).hexdigest()
    if image.format == "JPEG" and image.mode in _COLOR_SPACES and _is_upright(image):
        image.load()
        return Picture(*image.size, digest, _COLOR_SPACES[image.mode], b"/DCTDecode", source)
    return _decoded(ImageOps.exif_transpose(image), digest)


def _is_upright(image: Image.Image) -> bool:
    return bool(image.getexif().get(0x0112, 1) == 1)


def _decoded(image: Image.Image, digest: str) -> Picture:
    mask = None
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        if alpha.getextrema()[0] != 255:
            mask = zlib.compress(alpha.tobytes(), 6)
        image = image.convert("RGB")
    gray = image.mode in ("1", "L", "I", "I;16", "F")
    if image.mode in ("I", "I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    pixels = image.convert("L" if gray else "RGB")
    space = b"/DeviceGray" if gray else b"/DeviceRGB"
    return Picture(*pixels.size, digest, space, b"/FlateDecode", zlib.compress(pixels.tobytes(), 6), mask)


def write_picture(file: ObjectFile, picture: Picture) -> int:
    """Write a picture; returns its object number."""
    size = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8" % (
        picture.width,
        picture.height,
    )
    extra = b""
    if picture.mask is not None:
        extra = b"/SMask %d 0 R" % file.add_stream(
            size + b"/ColorSpace/DeviceGray/Filter/FlateDecode", picture.mask
        )
    entries = size + b"/ColorSpace%s/Filter%s%s" % (picture.color_space, picture.filter, extra)
    return file.add_stream(entries, picture.data)
