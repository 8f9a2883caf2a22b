"""A trained file may hold a text model, a domain model or both; this puts parts together and takes them out.

A file with one part is that part. Each part tells its kind by its own magic and guards itself by its own
checksum.
"""

from __future__ import annotations

from collections.abc import Mapping

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard.model.storage import cut_short, damaged

MAGIC = b"GUILDHALL-BOTH\x001"


def join(text: bytes, domains: bytes) -> bytes:
    """One file of what there is; an empty part is left out."""
    if not (text and domains):
        return text or domains
    return MAGIC + len(text).to_bytes(8, "big") + len(domains).to_bytes(8, "big") + text + domains


def split(data: bytes) -> Mapping[str, bytes]:
    """`{"text": ..., "domains": ...}` of a file with both, `{"": data}` of any other."""
    if not data.startswith(MAGIC):
        return {"": data}
    at = len(MAGIC) + 16
    if len(data) < at:
        raise cut_short()
    text = int.from_bytes(data[at - 16 : at - 8], "big")
    domains = int.from_bytes(data[at - 8 : at], "big")
    if len(data) < at + text + domains:
        raise cut_short()
    if len(data) > at + text + domains:
        raise damaged()
    return {"text": data[at : at + text], "domains": data[at + text :]}


def part(data: bytes, kind: str) -> bytes:
    """The part of that kind (`text` or `domains`), or the whole of a file that has one part only."""
    parts = split(data)
    if kind in parts:
        return parts[kind]
    if "" in parts:
        return parts[""]
    raise BadInput(
        Text(f"The model file holds no part for {kind}.", f"模型文件中没有 {kind} 部分。"), code="model_part"
    )
