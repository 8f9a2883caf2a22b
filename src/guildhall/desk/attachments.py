"""Takes a file in: what it is, is told by its bytes; pictures are drawn anew, so that neither the place and
camera they were taken with nor anything hidden behind the picture travels along. Pure.

Whatever a browser or a system would run is refused by name, whatever it calls itself: archives, programs,
documents with macros, HTML and SVG. PDF is kept as it is and only ever handed out as a download.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from guildhall.channels.text import one_line
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

MOST_BYTES = 10 << 20
MOST_PIXELS = 40_000_000
"""In all frames of a picture that moves together: each of them is held in memory at once."""
MOST_FRAMES = 200
_NAMES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "GIF": ("image/gif", "gif"),
          "WEBP": ("image/webp", "webp")}  # fmt: skip
_PDF = b"%PDF-"
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (_PDF, "application/pdf", "pdf"),
    (b"OggS", "audio/ogg", "ogg"),
    (b"ID3", "audio/mpeg", "mp3"),
)
_LONGEST_FTYP = 1024
_REFUSED: tuple[tuple[bytes, Text], ...] = (
    (b"PK", Text("an archive or office document", "压缩包或办公文档")),
    (b"Rar!", Text("an archive", "压缩包")),
    (b"7z\xbc\xaf", Text("an archive", "压缩包")),
    (b"\x1f\x8b", Text("an archive", "压缩包")),
    (b"BZh", Text("an archive", "压缩包")),
    (b"\xfd7zXZ", Text("an archive", "压缩包")),
    (b"MZ", Text("a program", "可执行程序")),
    (b"\x7fELF", Text("a program", "可执行程序")),
    (b"\xca\xfe\xba\xbe", Text("a program", "可执行程序")),
    (b"\xcf\xfa\xed\xfe", Text("a program", "可执行程序")),
    (b"#!", Text("a program", "可执行程序")),
    (b"\xd0\xcf\x11\xe0", Text("an office document", "办公文档")),
)
_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<head", b"<body", b"<iframe")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it may be shown: `size` in bytes, `digest` the SHA-256 of `body`."""

    name: str
    mime: str
    size: int
    digest: str
    body: bytes

    @property
    def is_picture(self) -> bool:
        return self.mime.startswith("image/")


def accept(name: str, body: bytes) -> Kept:
    """The file as it is kept. Raises BadInput (field `files`) for what is empty, too large or not taken."""
    if not body:
        raise _no(Text("The file is empty.", "文件为空。"))
    if len(body) > MOST_BYTES:
        raise too_large()
    if not body.startswith(_PDF):
        _refuse_runnable(body)
    for magic, mime, ending in _OTHERS:
        if body.startswith(magic):
            return _kept(name, mime, ending, body)
    if _is_film(body):
        return _kept(name, "video/mp4", "mp4", body)
    return _picture(name, body)


def _is_film(body: bytes) -> bool:
    """Whether it begins with a box `ftyp` of MP4 that is as long as such boxes are."""
    return body[4:8] == b"ftyp" and 16 <= int.from_bytes(body[:4], "big") <= _LONGEST_FTYP


def too_large() -> BadInput:
    """What is said of a file that is larger than any that is kept."""
    return _no(Text("A file may have at most 10 MB.", "文件不得超过 10 MB。"), "too_large")


def _refuse_runnable(body: bytes) -> None:
    for magic, what in _REFUSED:
        if body.startswith(magic):
            raise _no(
                Text(f"This is {what.en}; files of this kind are not taken.", f"不接收此类文件：{what.zh}。"),
                "unsafe_kind",
            )
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_MARKUP) or b"<svg" in start or b"<script" in start:
        raise _no(
            Text(
                "This is a web page or a drawing that a browser runs; files of this kind are not taken.",
                "不接收网页或可被浏览器执行的矢量图文件。",
            ),
            "unsafe_kind",
        )


def _picture(name: str, body: bytes) -> Kept:
    try:
        with Image.open(io.BytesIO(body), formats=tuple(_NAMES)) as image:
            kind = str(image.format)
            if image.width * image.height > MOST_PIXELS:
                raise _no(Text("The picture is too large.", "图片尺寸过大。"), "too_large")
            drawn = _drawn_anew(image, kind)
    except BadInput:
        raise
    except UnidentifiedImageError as error:
        raise _no(
            Text(
                "Send PNG, JPEG, GIF, WebP, PDF, MP4, OGG or MP3.",
                "请使用 PNG、JPEG、GIF、WebP、PDF、MP4、OGG 或 MP3。",
            ),
            "unknown_kind",
        ) from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError) as error:
        raise _no(Text("The picture cannot be read.", "图片无法读取。"), "broken") from error
    mime, ending = _NAMES[kind]
    if len(drawn) > MOST_BYTES:
        raise too_large()
    return _kept(name, mime, ending, drawn)


def _drawn_anew(image: Image.Image, kind: str) -> bytes:
    """The same picture from its pixels alone, turned the way the camera said it is to be seen."""
    out = io.BytesIO()
    frames = getattr(image, "n_frames", 1)
    if frames > MOST_FRAMES:
        raise _no(Text("The picture moves for too long.", "动图帧数过多。"), "too_large")
    if image.width * image.height * frames > MOST_PIXELS:
        raise _no(Text("The picture is too large.", "图片尺寸过大。"), "too_large")
    if frames > 1 and kind in ("GIF", "WEBP", "PNG"):
        pictures, durations = [], []
        for place in range(frames):
            image.seek(place)
            pictures.append(_bare(image.convert("RGBA")))
            durations.append(int(image.info.get("duration") or 100))
        pictures[0].save(
            out, kind, save_all=True, append_images=pictures[1:], duration=durations, loop=0, disposal=2
        ) if kind == "GIF" else pictures[0].save(
            out, kind, save_all=True, append_images=pictures[1:], duration=durations, loop=0
        )
        return out.getvalue()
    turned = ImageOps.exif_transpose(image) or image
    if kind == "JPEG":
        _bare(turned.convert("RGB")).save(out, kind, quality=90, optimize=True)
    elif kind == "WEBP":
        _bare(turned.convert("RGBA")).save(out, kind, quality=90)
    else:
        plain = turned if turned.mode in ("1", "L", "RGB", "RGBA") else turned.convert("RGBA")
        _bare(plain).save(out, kind, optimize=True)
    return out.getvalue()


def _bare(image: Image.Image) -> Image.Image:
    """The pixels without anything that came beside them."""
    fresh = Image.new(image.mode, image.size)
    fresh.paste(image)
    return fresh


def _kept(name: str, mime: str, ending: str, body: bytes) -> Kept:
    stem = one_line(name.rpartition(".")[0] or name, 100).replace("/", "_").replace("\\", "_").strip(". ")
    digest = hashlib.sha256(body).hexdigest()
    return Kept(f"{stem or 'file'}.{ending}", mime, len(body), digest, body)


def _no(why: Text, code: str = "") -> BadInput:
    return BadInput(why, field="files", code=code)
