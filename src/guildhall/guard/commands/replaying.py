"""`guildhall guard replay`: a new policy judges what was written lately, beside what is in force.

Nothing happens to anybody. Messages are read chunk by chunk and only counts and the first differences are
kept, so a year of history needs no more memory than a day; every difference can go to a file. The engine is
the one of the trial on the Policies page.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import orjson

from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.guard import history, policies, shadow
from guildhall.guard import policy as rules
from guildhall.guard.commands import writing
from guildhall.guard.commands.learning import house_files
from guildhall.guard.shadow import CAUGHT, DISAGREES, GROUPS, SPARED, Difference

CHUNK = 500
LONGEST_DAYS = 366
_SHOWN = 20
_EXCERPT = 110
_SINCE = re.compile(r"(\d{1,4})\s*([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}
_HEADINGS = {
    CAUGHT: "newly caught",
    SPARED: "newly spared",
    DISAGREES: "disagrees with moderators",
}


def replay(policy: Path, since: str, space: str = "", as_json: bool = False, out: Path | None = None) -> None:
    """Judge stored history by the policy in the file and by what is in force, and print the difference.

    Raises BadInput for a policy that cannot be read (line and field) or a time that is none, NotFound for an
    unknown space. The last line on stdout is JSON with `as_json`.
    """
    judge_of = rules.ByPlace(rules.parse(_source(policy), slug=policy.stem[:60] or "policy"))
    until = clock.now()
    began_at = until - span(since)
    spaces = _spaces(space)
    total = history.received(began_at, until, spaces).count()
    began, cpu = time.monotonic(), time.process_time()
    tally = shadow.empty()
    stopped = False
    with writing.written(out, policy, *house_files()) if out is not None else nullcontext() as file:
        try:
            for done in _judged(tally, judge_of, began_at, until, spaces, file):
                _progress(done, total)
        except KeyboardInterrupt:
            stopped = True
    _progress_ends()
    said = summary(tally) | {
        "policy": str(policy),
        "since": began_at.isoformat(),
        "until": until.isoformat(),
        "space": space,
        "total": total,
        "stopped": stopped,
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
    }
    if as_json:
        sys.stdout.write(orjson.dumps(said).decode() + "\n")
    else:
        _print(said, tally)
    if stopped:
        raise SystemExit(130)


def span(text: str) -> timedelta:
    """`30d`, `12h` or `2w`. Raises BadInput."""
    match = _SINCE.fullmatch(text.strip().lower())
    length = timedelta(hours=int(match[1]) * _HOURS[match[2]]) if match else timedelta()
    if not timedelta() < length <= timedelta(days=LONGEST_DAYS):
        raise BadInput(
            Text("Say since when, as 12h, 30d or 2w.", "请用 12h、30d、2w 等形式说明时间范围。"),
            field="since",
        )
    return length


def summary(tally: dict[str, Any]) -> dict[str, Any]:
    """A tally as other programs read it: counts, precision and recall over what people decided, and the
    first differences of each kind with the path of the message's page.
    """
    matrices = tally["decided"]
    return {
        "messages": tally["seen"],
        "newly_caught": tally["groups"][CAUGHT],
        "newly_spared": tally["groups"][SPARED],
        "disagreeing": tally["groups"][DISAGREES],
        "before": tally["before"],
        "after": tally["after"],
        "members_punished": {name: len(tally["accounts"][name]) for name in ("before", "after")},
        "decided": {
            name: {**matrices[name], "precision": _share(shadow.precision(matrices[name])),
                   "recall": _share(shadow.recall(matrices[name]))}
            for name in ("before", "after")
        },
        "by": tally["by"],
        "rows": {
            group: [row | {"path": path_of(row["message"])} for row in tally["rows"][group][:_SHOWN]]
            for group in GROUPS
        },
    }  # fmt: skip


def path_of(message_id: str) -> str:
    """Where the message's page stands in the console."""
    return f"/messages/{message_id}/"


def _judged(
    tally: dict[str, Any],
    judge_of: rules.ByPlace,
    since: datetime,
    until: datetime,
    spaces: list[str] | None,
    file: IO[bytes] | None,
) -> Iterator[int]:
    before = policies.in_force()
    cursor, done = "", 0
    while True:
        found = history.chunk(since, until, cursor, CHUNK, spaces)
        for stored in found:
            difference = None if stored.is_gone else shadow.add(tally, stored, before, judge_of)
            if difference is not None and file is not None:
                file.write(orjson.dumps(_row(difference)) + b"\n")
        if found:
            cursor = found[-1].message_id
            done += len(found)
            yield done
        if len(found) < CHUNK:
            return


def _row(difference: Difference) -> dict[str, Any]:
    stored = difference.stored
    return {
        **shadow.row_of(difference),
        "groups": list(difference.groups),
        "path": path_of(stored.message_id),
        "excerpt": _excerpt(stored.subject.text),
    }


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(
            Text(f"{path} cannot be read: {error.strerror}.", f"无法读取 {path}。"), field="policy"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(Text(f"{path} is not UTF-8.", f"{path} 不是 UTF-8 编码。"), field="policy") from error


def _spaces(slug: str) -> list[str] | None:
    if not slug:
        return None
    found = Space.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(Text(f'There is no space "{slug}".', f"不存在群组“{slug}”。"))
    return [found]


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done:,} / {total:,}")
        sys.stderr.flush()


def _progress_ends() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 30 + "\r")


def _print(said: dict[str, Any], tally: dict[str, Any]) -> None:
    lines = [
        f"{said['messages']:,} messages since {said['since'][:16]} UTC"
        + (" (stopped before the end)" if said["stopped"] else ""),
        f"  removes {said['newly_caught']:,} more, spares {said['newly_spared']:,}, "
        f"disagrees with moderators in {said['disagreeing']:,}",
        f"  members punished: {said['members_punished']['before']:,} in force, "
        f"{said['members_punished']['after']:,} by the new policy",
    ]
    for name, label in (("before", "in force"), ("after", "new     ")):
        matrix = said["decided"][name]
        lines.append(
            f"  {label}  precision {_written(matrix['precision'])}  recall {_written(matrix['recall'])}  "
            f"({matrix['caught']} caught, {matrix['missed']} missed, {matrix['wrongly']} wrongly removed)"
        )
    wanted = [row["message"] for group in GROUPS for row in tally["rows"][group][:_SHOWN]]
    texts = dict(Message.objects.filter(pk__in=wanted).values_list("pk", "text"))
    for group in GROUPS:
        rows = tally["rows"][group][:_SHOWN]
        if not rows:
            continue
        lines.append(f"\n{_HEADINGS[group]}: {tally['groups'][group]:,}")
        for row in rows:
            decided = f", people said {row['truth']}" if row["truth"] else ""
            lines.append(f"  {path_of(row['message'])}  {row['before']} -> {row['after']}{decided}")
            lines.append(f"    {_excerpt(texts.get(row['message'], ''))}")
    sys.stdout.write("\n".join(lines) + "\n")


def _excerpt(text: str) -> str:
    """The beginning of a message on one line, without what a terminal would obey."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 4 * _EXCERPT])
    shown = " ".join(shown.split())
    return shown[:_EXCERPT] + ("…" if len(shown) > _EXCERPT else "")


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _written(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.1f} %"
