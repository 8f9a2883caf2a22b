"""Opens a picture that a stranger sent: only formats people post, only as large as a screen could show.

What a header promises is checked before a single pixel is unpacked, so a picture that would unfold to
gigabytes costs nothing. Of an animation the first frame is taken.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 20_000_000
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 20_000
WORK_SIDE = 1_600
"""Longer sides are scaled down to this before anything is read off the picture."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def open_picture(data: bytes) -> Image:
    """The picture as RGB with transparent parts on white, its longer side at most `WORK_SIDE` pixels.

    Raises BadInput for what is no picture, is cut short, or is larger than we open.
    """
    from PIL import Image, ImageFile, ImageOps

    if len(data) > MOST_BYTES:
        raise BadInput(
            Text(
                f"The picture has {len(data):,} bytes; at most {MOST_BYTES:,} are read.",
                f"图片大小为 {len(data):,} 字节，超过上限 {MOST_BYTES:,} 字节。",
            ),
            code="too_large",
        )
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = Image.open(io.BytesIO(data), formats=FORMATS)
            _refuse_giants(*found.size)
            found.draft("RGB", (WORK_SIDE, WORK_SIDE))
            found.seek(0)
            found.load()
            upright = ImageOps.exif_transpose(found) or found
    except BadInput:
        raise
    except Exception as error:  # decoders of pictures raise whatever they like; all of it means the same
        raise BadInput(
            Text(
                f"The picture cannot be opened ({type(error).__name__}).",
                f"无法打开图片（{type(error).__name__}）。",
            ),
            code="no_picture",
        ) from error
    return _plain(upright)


def _refuse_giants(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise BadInput(
            Text(
                f"The picture would unfold to {width} × {height} pixels; nobody posts that in good faith.",
                f"图片展开后为 {width} × {height} 像素，超出可读取范围。",
            ),
            code="too_large",
        )


def _plain(picture: Image) -> Image:
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        picture = Image.alpha_composite(ground, layered)
    plain = picture.convert("RGB")
    plain.thumbnail((WORK_SIDE, WORK_SIDE), Image.Resampling.LANCZOS)
    return plain
