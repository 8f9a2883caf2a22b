"""`guildhall import`: the imports of Settings at the terminal: shown first, carried out in this process with
progress, resumed when the same file is given again after it was stopped.

What becomes effects (bans) is carried out by workers, so `guildhall up` should run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from guildhall.channels.models import Space
from guildhall.cli.replay import progress_bar
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.intake.importing import actions, files, queries
from guildhall.intake.importing.actions import lifecycle
from guildhall.intake.importing.records import FORMATS
from guildhall.intake.models import Import

ACTOR = "system:cli"
TURN_S = 0.5
State = Import.State
Words = Callable[[Text | str], str]


def run(
    kind: str, file: Path, slugs: list[str], *, dry_run: bool, options: dict[str, Any], words: Words
) -> bool:
    """Import a file; whether it went well. Raises BadInput, NotFound, Conflict."""
    if not file.is_file():
        raise BadInput(Text(f"There is no file {file}.", f"没有文件 {file}。"), field="file")
    spaces = _spaces(slugs)
    one = _begin(kind, file, spaces)
    if one.state == State.READING:
        actions.work(one.id, seconds=0)
        one.refresh_from_db()
    if one.state == State.FAILED:
        print(f"guildhall: {words(Text.from_json(one.problem))}", file=sys.stderr)
        return False
    _show(one, words)
    if dry_run:
        actions.remove_file(one.id, ACTOR)
        return True
    if one.state == State.PREVIEW:
        actions.confirm(one.id, ACTOR, options)
    return _work_off(one.id, words)


def undo(import_id: str, words: Words) -> bool:
    """Take back what an import brought."""
    actions.undo(import_id, ACTOR)
    return _work_off(import_id, words)


def listed() -> None:
    """The last imports, newest first."""
    for one in Import.objects.order_by("-id")[:50]:
        spaces = ",".join(one.spaces.values_list("slug", flat=True))
        rows = f"{one.rows_done:>9,}/{one.rows_total:<9,}"
        print(f"{one.id}  {one.kind:<8} {one.state:<10} {rows} {spaces}  {one.file_name}")


def _spaces(slugs: list[str]) -> list[Space]:
    found = {space.slug: space for space in Space.objects.filter(slug__in=slugs)}
    for slug in slugs:
        if slug not in found:
            known = ", ".join(Space.objects.order_by("slug").values_list("slug", flat=True)[:10])
            raise NotFound(Text(f"There is no space {slug}; try: {known}", f"没有群组 {slug}；可用：{known}"))
    return [found[slug] for slug in slugs]


def _begin(kind: str, file: Path, spaces: list[Space]) -> Import:
    """A new import, or the one of the same file that was stopped in its middle."""
    taken = files.receive_from(file, f"cli-{time.time_ns()}", kind)
    try:
        return actions.begin(kind, taken, file_name=file.name, spaces=spaces, by=ACTOR)
    except Conflict:
        digest = files.digest_of(file)
        there = lifecycle.same_under_way(kind, digest, spaces)
        if there is None:
            raise
        print(f"guildhall: going on with {there.id}", file=sys.stderr)
        return there


def _show(one: Import, words: Words) -> None:
    format_ = FORMATS.get(one.format)
    print(f"{one.file_name}: {words(format_.name) if format_ else one.format}, {one.rows_total:,} rows")
    for name, count in one.counts.items():
        if isinstance(count, int) and count:
            print(f"  {name:<12} {count:>9,}")
    for chat in one.result.get("chats", ()) if one.kind == Import.Kind.HISTORY else ():
        mark = "*" if chat["start"] == one.options.get("chat") else " "
        print(f" {mark} {chat['id'] or '-':<16} {chat['messages']:>9,}  {chat['name']}")
    for key, sign in (("carried", "+"), ("left", "-")):
        for text in one.result.get(key, ()):
            print(f"  {sign} {words(Text.from_json(text))}")


def _work_off(import_id: str, words: Words) -> bool:
    with progress_bar() as bar:
        task = bar.add_task("import", total=100, said="")
        while actions.work(import_id, seconds=TURN_S):
            how = queries.progress(Import.objects.get(pk=import_id))
            said = f"{how.done:,}/{how.total:,}  {how.per_second:,}/s"
            bar.update(task, completed=how.percent, said=said)
    one = Import.objects.get(pk=import_id)
    if one.state in lifecycle.BUSY:
        print("guildhall: a worker goes on with it", file=sys.stderr)
        return True
    if one.state == State.FAILED:
        print(f"guildhall: {words(Text.from_json(one.problem))}", file=sys.stderr)
        return False
    counts = ", ".join(
        f"{name} {count:,}" for name, count in one.counts.items() if isinstance(count, int) and count
    )
    print(f"{one.id}: {one.state}; {counts}")
    if one.bad_rows:
        print(f"  {one.bad_rows:,} rows nobody could read stand in {files.bad_of(one.id)}")
    return True
