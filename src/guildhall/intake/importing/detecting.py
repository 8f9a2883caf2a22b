"""Finds out what an uploaded list is, by its content and never by its name, and has it read.

Pure. The order goes from the strictest shape to the loosest, so that nothing is taken for something it is
not; what fits nowhere is refused with the shapes we know.
"""

from __future__ import annotations

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.intake.importing import combot, mee6, rose, rose_bans, tables, words
from guildhall.intake.importing.decoding import json_of, text_of
from guildhall.intake.importing.records import WORDS, Aside, BanList, Rules


def read_bans(data: bytes) -> BanList:
    """The bans of a file. Raises BadInput when it is none that we can read."""
    text = text_of(data)
    value = json_of(text) if text.lstrip()[:1] in ("{", "[") else None
    found = (
        mee6.read_bans(value)
        if value is not None and _is_discord(value)
        else rose_bans.read_array(value) or rose_bans.read_lines(text)
    )
    if found is None and text.lstrip()[:1] not in ("{", "["):
        found = tables.read(text) or rose_bans.read_text(text)
    if found is None and value is not None:
        found = mee6.read_bans(value)
    if found is None or not (found.bans or found.bad):
        raise BadInput(
            Text(
                "This is no ban list that we know: a federation export of Rose, a list of Combot or Discord, "
                "or a CSV with a column user_id.",
                "无法识别该封禁列表。支持 Rose 联盟导出、Combot 或 Discord 列表，"
                "以及含 user_id（用户ID）列的 CSV。",
            ),
            field="file",
            code="unknown_format",
        )
    return found


def read_rules(data: bytes) -> Rules:
    """The rules of a file. Raises BadInput when it is none that we can read."""
    text = text_of(data)
    if text.lstrip()[:1] in ("{", "["):
        value = json_of(text)
        found = rose.read_rules(value) or mee6.read_rules(value) or combot.read_rules(value)
        if found is None:
            raise BadInput(
                Text(
                    "This JSON is no export of rules that we know: Rose, Combot or MEE6.",
                    "无法识别该 JSON 规则文件。支持 Rose、Combot 或 MEE6。",
                ),
                field="file",
                code="unknown_format",
            )
        return found
    return _listed(text)


def _listed(text: str) -> Rules:
    """A plain list: one word, phrase or domain a line; lines that begin with # are remarks."""
    aside = Aside()
    entries = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    sorted_out = words.sort_out(entries, aside)
    if not entries:
        raise BadInput(Text("The file is empty.", "文件为空。"), field="file")
    return Rules(WORDS, sorted_out.domains, words=sorted_out.words, bad=tuple(aside.rows))


def _is_discord(value: object) -> bool:
    entries = value
    if isinstance(value, dict):
        return True
    return isinstance(entries, list) and any(
        isinstance(one, dict) and isinstance(one.get("user"), dict) for one in entries[:20]
    )
