"""Pictures drawn for tests: words in a plain font, codes, noise."""

from __future__ import annotations

import io
from pathlib import Path

import qrcode
from PIL import Image, ImageDraw, ImageFont


def words(
    *lines: str, size: tuple[int, int] = (800, 420), font: ImageFont.FreeTypeFont | None = None
) -> Image.Image:
    """Black on white, a line each."""
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        pen.text((30, 20 + number * 64), line, fill="black", font=font or ImageFont.load_default(36))
    return picture


def chinese_font() -> ImageFont.FreeTypeFont | None:
    """A font with Chinese characters, where the machine has one."""
    found = sorted(Path("/usr/share/fonts").rglob("*NotoSansCJK*Regular*"))
    return ImageFont.truetype(str(found[0]), 34) if found else None


def code(text: str) -> Image.Image:
    """A QR code somewhere on a dark picture."""
    picture = Image.new("RGB", (900, 700), "navy")
    picture.paste(qrcode.make(text).convert("RGB"), (200, 100))
    return picture


def stored(picture: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    """The bytes of a picture."""
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def face(seed: int) -> Image.Image:
    """A picture unlike any of another seed: big coloured shapes."""
    picture = Image.new("RGB", (320, 320), (seed * 53 % 256, 90, seed * 31 % 256))
    pen = ImageDraw.Draw(picture)
    for step in range(6):
        x, y = (seed * 71 + step * 97) % 260, (seed * 37 + step * step * 61) % 260
        shade = (seed * 11 + step * 45) % 256
        pen.ellipse((x, y, x + 90, y + 60 + step * 10), fill=(shade, 255 - shade, step * 40))
    return picture
