"""`guildhall replay`: sends a file's lines through intake as if they were said now, and counts the outcomes.

Stopping and starting again changes nothing that is there already. When lines carry a `label` (1: scam), it
also says how often the guard agreed. Removals are carried out by workers, so `guildhall up` should run.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, deque
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from guildhall.channels.models import Space
from guildhall.channels.replay import PLATFORM, Line, paced, read
from guildhall.cli.supervisor import is_running
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.settings import Settings
from guildhall.core.text import Text
from guildhall.intake import batcher
from guildhall.intake.pipeline import Raw

IN_FLIGHT = 1000
ALLOWED = "allow"


def replay(settings: Settings, file: Path, *, space_slug: str, speed: str, limit: int) -> bool:
    """Send the lines; True when all were recorded. Raises NotFound, BadInput."""
    pace = parse_speed(speed)
    if not file.is_file():
        raise BadInput(Text(f"There is no file {file}.", f"没有文件 {file}。"), field="file")
    if not Space.objects.filter(slug=space_slug).exists():
        known = ", ".join(Space.objects.order_by("slug").values_list("slug", flat=True)[:10])
        raise NotFound(
            Text(f"There is no space {space_slug}; try: {known}", f"没有群组 {space_slug}；可用：{known}")
        )
    if not is_running(settings.data_dir):
        print("guildhall: removals wait until `guildhall up` runs", file=sys.stderr)
    counts: Counter[str] = Counter()
    agreement: Counter[tuple[bool, bool]] = Counter()
    waiting: deque[tuple[Line, Future[Any]]] = deque()
    began = time.monotonic()
    with progress_bar() as bar:
        task = bar.add_task("replay", total=file.stat().st_size, said="")
        for number, line in enumerate(paced(read(file, space_slug), pace)):
            if limit and number >= limit:
                break
            waiting.append((line, batcher.submit(Raw(PLATFORM, line.body, clock.now()))))
            while len(waiting) >= IN_FLIGHT or (waiting and waiting[0][1].done()):
                settle(*waiting.popleft(), counts, agreement)
            bar.update(task, completed=line.end, said=in_words(counts))
        while waiting:
            settle(*waiting.popleft(), counts, agreement)
        bar.update(task, said=in_words(counts))
    summarise(counts, agreement, time.monotonic() - began)
    return counts["failed"] == 0


def parse_speed(speed: str) -> float | None:
    """`max` is None: as fast as it goes. Raises BadInput for anything else that is not a positive number."""
    if speed == "max":
        return None
    try:
        value = float(speed)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise BadInput(
            Text(
                f"--speed is {speed!r}; use max or a positive number.",
                f"--speed 为 {speed!r}；应为 max 或正数。",
            ),
            field="speed",
        )
    return value


def settle(
    line: Line, future: Future[Any], counts: Counter[str], agreement: Counter[tuple[bool, bool]]
) -> None:
    """Wait for one outcome and count it."""
    try:
        outcome = future.result()
    except Exception as error:  # noqa: BLE001 - counted and shown; the next lines go on
        counts["failed"] += 1
        if counts["failed"] == 1:
            print(f"guildhall: line {line.number} was not recorded: {error}", file=sys.stderr)
        return
    status = str(outcome.status)
    if status != "recorded":
        counts[status] += 1
        return
    action = str(outcome.verdict_action or ALLOWED)
    counts[action] += 1
    label = label_of(line)
    if label is not None:
        agreement[label, action != ALLOWED] += 1


def label_of(line: Line) -> bool | None:
    """Whether the line says of itself that it is a scam; None when it does not say."""
    try:
        said = json.loads(json.loads(line.body)["line"].encode("latin-1"))
        return bool(said["label"]) if "label" in said else None
    except (ValueError, KeyError, TypeError):
        return None


def progress_bar() -> Progress:
    """A bar with counts beside it; plain text when nobody watches."""
    return Progress(
        TextColumn("{task.percentage:>3.0f}%"), BarColumn(), TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(), console=Console(stderr=True), transient=True,
    )  # fmt: skip


def in_words(counts: Counter[str]) -> str:
    """Counts, most frequent first."""
    return "  ".join(f"{name} {number:,}" for name, number in counts.most_common())


def summarise(counts: Counter[str], agreement: Counter[tuple[bool, bool]], seconds: float) -> None:
    """The whole of it, on standard output."""
    total = sum(counts.values())
    print(f"{total:,} lines in {seconds:.1f} s ({total / max(seconds, 1e-9):,.0f} a second)")
    for name, number in counts.most_common():
        print(f"  {name:<12} {number:>8,}")
    flagged = agreement[True, True] + agreement[False, True]
    scams = agreement[True, True] + agreement[True, False]
    if scams and flagged:
        print(
            f"labelled: of {scams:,} scams {agreement[True, True] / scams:.1%} were flagged; "
            f"of {flagged:,} flagged {agreement[True, True] / flagged:.1%} were scams"
        )
