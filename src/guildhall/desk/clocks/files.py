"""Clocks from files to a file, as `guildhall desk clocks` shows them; needs no house and no database.

Everything is read and reckoned before the first byte is written, and the file is put in its place whole
(CLK-14): an error leaves nothing behind.
"""

from __future__ import annotations

import json
import os
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.desk.clocks import instants
from guildhall.desk.clocks.policy import Policy
from guildhall.desk.clocks.timeline import VALUES, Timeline

_NAMED = frozenset(("status", "priority", "opened"))
"""Events whose value is read, and has to be a word; `into` is not checked (CLK-9)."""

_BLANK = b" \t\r\n"


def clocks_of_files(policy: Path, events: Path, out: Path) -> int:
    """Write what every clock shows at the latest instant of `events` to `out`; returns the number of rows.

    Raises BadInput in one line that names the file and the line or field, and then has written nothing.
    """
    promises = read_policy(policy)
    timelines, now = read_events(events, promises)
    rows = list(_rows(timelines, now))
    _write(out, rows, given=(policy, events))
    return len(rows)


def read_policy(path: Path) -> Policy:
    """The policy of a JSON file."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        return Policy.from_json(_load(body.removeprefix(BOM_UTF8)))
    except BadInput as error:
        raise _placed(error, path.name) from error


def read_events(path: Path, policy: Policy) -> tuple[dict[str | int, Timeline], int]:
    """The timelines of a file of events by ticket, and "now": the latest instant of any line (CLK-1)."""
    timelines: dict[str | int, Timeline] = {}
    now = instants.FIRST
    for number, line in enumerate(_lines(path), start=1):
        if number == 1:
            line = line.removeprefix(BOM_UTF8)
        if not line.strip(_BLANK):
            continue
        try:
            event = _load(line)
            if not isinstance(event, dict):
                raise BadInput(Text("is not an object", "不是对象"))
            now = max(now, _take(timelines, policy, event))
        except BadInput as error:
            raise _placed(error, f"{path.name} line {number}", f"{path.name} 第 {number} 行") from error
    return timelines, now


def _take(timelines: dict[str | int, Timeline], policy: Policy, event: dict[str, Any]) -> int:
    ticket = event.get("ticket")
    if not isinstance(ticket, str | int) or isinstance(ticket, bool):
        _refuse("ticket", ticket)
    at = instants.parse(event.get("at"))
    kind = event.get("type")
    if not isinstance(kind, str):
        _refuse("type", kind)
    value = event.get(VALUES[kind]) if kind in _NAMED else ""
    if not isinstance(value, str):
        _refuse(VALUES[kind], value)
    timeline = timelines.get(ticket)
    if timeline is None:
        timeline = Timeline(policy)
        timeline.take(at, kind, value)
        timelines[ticket] = timeline
    else:
        timeline.take(at, kind, value)
    return at


def _rows(timelines: dict[str | int, Timeline], now: int) -> Iterator[str]:
    for ticket, timeline in timelines.items():
        for clock in timeline.in_order():
            shown = clock.at(now)
            row = {
                "ticket": ticket,
                "metric": clock.metric,
                "instance": clock.instance,
                "started_at": instants.write(clock.started),
                "state": clock.condition.state,
                "elapsed_seconds": shown.elapsed,
                "due_at": instants.write(shown.due),
                "met_at": instants.write(clock.met),
                "breached_at": instants.write(shown.breached),
            }
            yield _COMPACT.encode(row)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> BadInput:
    return BadInput(Text(f"{path} cannot be read: {error.strerror}", f"{path} 无法读取：{error.strerror}"))


def _load(body: bytes) -> Any:
    """What stands in JSON, strictly: UTF-8, no field twice, no NaN."""
    try:
        return _STRICT.decode(body.decode())
    except UnicodeDecodeError as error:
        raise BadInput(Text("is not UTF-8", "不是 UTF-8")) from error
    except (ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise BadInput(Text(f"is not JSON: {said}", f"不是有效的 JSON：{said}")) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{instants.said(twice)} stands twice in one object")
    return made


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


_COMPACT = json.JSONEncoder(separators=(",", ":"))
_STRICT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _refuse(field: str, value: object) -> NoReturn:
    said = "is missing" if value is None else f"{instants.said(value)} is not a word"
    words = "缺失" if value is None else f"{instants.said(value)} 不是文字"
    raise BadInput(Text(f"{field}: {said}", f"{field}：{words}"), field=field)


def _placed(error: BadInput, en: str, zh: str = "") -> BadInput:
    """The error with the place before it, in one line."""
    said = error.text
    return BadInput(
        Text(" ".join(f"{en}: {said.en}".split()), " ".join(f"{zh or en}：{said.zh}".split())),
        field=error.field,
    )


def _write(out: Path, rows: list[str], given: tuple[Path, ...]) -> None:
    body = "".join(f"{row}\n" for row in rows)
    try:
        for one in given:
            if out.exists() and out.samefile(one):
                raise BadInput(
                    Text(f"{one} is read; it cannot be written over.", f"{one} 是输入文件，不能被覆盖。")
                )
        if out.exists() and not out.is_file():
            out.write_text(body, encoding="utf-8")  # a pipe or a terminal; a folder refuses
            return
        place = out.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            aside.write_text(body, encoding="utf-8")
            aside.replace(place)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(
            Text(f"{out} cannot be written: {error.strerror}", f"{out} 无法写入：{error.strerror}")
        ) from error
