"""Reads ban lists in tables: CSV with commas, semicolons or tabs, with or without a line of headings, and
plain lists of ids.

Source of the format: our own documentation (`user_id, username, reason, until, banned_at`), and what other
bots were seen to write: the federation export of bots descended from Rose has the headings
`id,firstname,lastname,username,reason`; the public list of Combot Anti-Spam has one id a line, sometimes
under a heading. Rose's "minicsv" could not be seen in the wild; it is taken as id and reason without
headings.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from guildhall.core.text import Text
from guildhall.intake.importing import banlists, values
from guildhall.intake.importing.records import COMBOT_CAS, ROSE_CSV, TABLE, BanList, Format

_LONGEST_LINE = 65_536
_TOO_LONG = Text("The line is too long.", "该行过长。")
_UNCLOSED = Text("A quotation mark is not closed.", "引号未闭合。")
_PLAIN_ORDER = ("user_id", "username", "reason", "until", "banned_at")


def read(text: str) -> BanList | None:
    """The bans of a table, or None when the text is none: neither known headings nor ids in front."""
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    mark = delimiter_of(first[:_LONGEST_LINE])
    cells = _cells(first[:_LONGEST_LINE], mark)
    names = [banlists.known_name(cell) for cell in cells]
    headed = "user_id" in names or "username" in names
    if not headed and not _is_id(cells[0] if cells else ""):
        return None
    gathering = banlists.Gathering(_format(cells, headed))
    long_lines = {number for number, line in enumerate(lines, start=1) if len(line) > _LONGEST_LINE}
    for number in sorted(long_lines):
        gathering.aside.put(number, "", _TOO_LONG, lines[number - 1])
    kept = (line for number, line in enumerate(lines, start=1) if number not in long_lines)
    seen_head = False
    for number, row in _rows(kept, mark, gathering):
        if headed and not seen_head:
            seen_head = True
            continue
        raw = mark.join(row)
        order = names if headed else _order(row)
        said = {name: cell for name, cell in zip(order, row, strict=False) if name and cell.strip()}
        gathering.add(number, said, raw)
    return gathering.done()


def delimiter_of(line: str) -> str:
    """Which of comma, semicolon and tab parts a line, counting only those outside quotation marks."""
    outside = "".join(line.split('"')[::2])
    return max(",;\t", key=lambda mark: (outside.count(mark), mark == ","))


def _cells(line: str, mark: str) -> list[str]:
    return next(csv.reader([line], delimiter=mark), [])


def _rows(lines: Iterator[str], mark: str, gathering: banlists.Gathering) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=mark)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            gathering.aside.put(reader.line_num, "", _UNCLOSED, "")
            continue
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _order(row: list[str]) -> tuple[str, ...]:
    """Names for a row without headings: an id and a reason, or ours in our order."""
    return ("user_id", "reason") if len(row) == 2 else _PLAIN_ORDER


def _is_id(cell: str) -> bool:
    try:
        values.platform_id(cell)
    except ValueError:
        return False
    return True


def _format(cells: list[str], headed: bool) -> Format:
    plain = [cell.strip().strip("\ufeff").lower() for cell in cells]
    if plain[:5] == ["id", "firstname", "lastname", "username", "reason"]:
        return ROSE_CSV
    if len(cells) == 1:
        return COMBOT_CAS
    return TABLE if headed or len(cells) > 2 else ROSE_CSV
