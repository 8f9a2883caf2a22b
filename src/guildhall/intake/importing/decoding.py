"""Turns the bytes of an uploaded list into text, and refuses what is no text: archives, pictures,
spreadsheets.

Pure. UTF-8 with or without a byte order mark, UTF-16 with one, else GB18030, which Chinese spreadsheets
write. Nothing is ever unpacked, so that a small file cannot become a large one.
"""

from __future__ import annotations

from typing import Any

import orjson

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

LARGEST_LIST = 32 * 1024 * 1024
_PACKED = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
)


def refuse_packed(head: bytes) -> None:
    """Raise BadInput when a file begins like an archive or a spreadsheet."""
    if head.startswith(_PACKED):
        raise BadInput(
            Text(
                "This is an archive or a spreadsheet. Unpack it, or save it as CSV, and choose that file.",
                "这是压缩包或电子表格文件。请先解压，或另存为 CSV 后再选择。",
            ),
            field="file",
        )


def text_of(data: bytes) -> str:
    """The text of a list. Raises BadInput for what is packed, too large or no text."""
    refuse_packed(data[:8])
    if len(data) > LARGEST_LIST:
        raise BadInput(
            Text("A list has at most 32 MB; split it.", "列表文件最大 32 MB，请拆分后再导入。"), field="file"
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = _decoded(data, "utf-16")
    else:
        text = _decoded(data, "utf-8-sig", "gb18030")
    if "\x00" in text:
        raise _no_text()
    return text


def json_of(data: bytes | str) -> Any:
    """A value from JSON, or None when it is none; nesting beyond all reason is none."""
    try:
        return orjson.loads(data)
    except (orjson.JSONDecodeError, RecursionError):
        return None


def _decoded(data: bytes, *encodings: str) -> str:
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _no_text()


def _no_text() -> BadInput:
    return BadInput(
        Text(
            "This is no text in UTF-8, UTF-16 or GB18030. Choose the file the other bot gave you.",
            "文件不是 UTF-8、UTF-16 或 GB18030 文本。请选择原机器人导出的文件。",
        ),
        field="file",
    )
