"""`guildhall exchange import`: a file of an exchange at the terminal: looked at, mapped, read, shipped,
and what could not be read said line by line.

The same file again is the same batch: a stopped import goes on, a finished one says what it was.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

_FILE = Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet; gzip is fine.")]


def import_file(
    file: _FILE,
    venue: Annotated[str, typer.Option(help="The exchange's short name, such as okx.")] = "",
    feed: Annotated[str, typer.Option(help="A feed there is; without one, files of the venue get one.")] = "",
    table: Annotated[str, typer.Option(help="trades, daily_user, registrations, kyc, deposits …")] = "trades",
    mapping: Annotated[str, typer.Option(help="A JSON file, or the name of a kept mapping.")] = "",
    guess: Annotated[bool, typer.Option("--guess", help="Print the mapping the headings suggest.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Read and report only; nothing is kept.")] = False,
    bad: Annotated[Path | None, typer.Option(help="Write the rows that were not taken here, as CSV.")] = None,
) -> None:
    """Bring in a file of an exchange; every row that cannot be read is named, the others are kept."""
    from guildhall.cli.app import words
    from guildhall.core.errors import GuildhallError

    try:
        if guess:
            print(orjson.dumps(_guessed(file, table), option=orjson.OPT_INDENT_2).decode())
            return
        is_fine = _run(file, venue, feed, table, mapping, check, bad)
    except GuildhallError as error:
        print(f"guildhall: {words(error.text)}", file=sys.stderr)
        raise typer.Exit(1) from error
    if not is_fine:
        raise typer.Exit(1)


def _guessed(file: Path, table: str) -> dict[str, Any]:
    from guildhall.exchange.reading import formats
    from guildhall.exchange.reading import mapping as mappings

    shape = formats.look(_there(file))
    return mappings.to_json(mappings.Mapping(table, mappings.guess(table, shape.headings)))


def _run(file: Path, venue: str, slug: str, table: str, mapping: str, check: bool, bad: Path | None) -> bool:
    from guildhall.cli.app import start_django, words
    from guildhall.core import clock
    from guildhall.core.errors import BadInput
    from guildhall.core.text import Text

    _there(file)
    if not check or (mapping and not Path(mapping).is_file()):
        start_django()
    said = _mapping(mapping)
    table = str(said.get("table", table)) if said else table
    if check:
        return _check(file, said, table, venue or "check", clock.now(), bad)
    if not venue and not slug:
        raise BadInput(
            Text("Name the venue or a feed: --venue okx.", "请指定交易所或数据源：--venue okx。"),
            field="venue",
        )
    began = time.monotonic()
    batch = _work(file, _feed(slug, venue, table), table, said)
    if batch.problem:
        print(f"guildhall: {words(Text.from_json(batch.problem))}", file=sys.stderr)
        return False
    seconds = max(time.monotonic() - began, 1e-9)
    counts = batch.counts
    speed = f"{seconds:.1f} s ({int(counts['rows'] / seconds):,}/s)"
    print(f"{batch.id}  {batch.state}  {counts['rows']:,} rows in {speed}")
    for name in ("good", "bad", "repeated", "new", "same", "conflicts", "refused"):
        print(f"  {name:<10} {counts.get(name, 0):>12,}")
    rows = (
        (row.line, row.field, Text.from_json(row.reason), row.raw) for row in batch.bad_rows.order_by("line")
    )
    _report(rows, bad)
    return True


def _work(file: Path, feed: Any, table: str, said: dict[str, Any]) -> Any:
    """The batch of a file, worked off in this process with a line of progress."""
    from guildhall.exchange import files
    from guildhall.exchange.actions import batches, working
    from guildhall.exchange.models import Batch

    digest = files.digest_of(file)
    with files.Receiving(f"cli-{time.time_ns()}") as taken:
        with file.open("rb") as source:
            while piece := source.read(1 << 20):
                taken.take(piece)
        batch, is_new = batches.receive(
            feed,
            batches.key_of_file(feed, digest, table=table, mapping=said or None),
            taken,
            by="system:cli",
            table=table,
            file_name=file.name,
            mapping=said or None,
        )
    if not is_new and batch.state == Batch.State.FAILED:
        if said:
            batches.give_mapping(batch.id, said, "system:cli")
        else:
            batches.retry(batch.id, "system:cli")

    def tell(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done:,}", end="", file=sys.stderr)

    return working.work(batch.id, tell=tell)


def _check(file: Path, said: dict[str, Any], table: str, venue: str, now: Any, bad: Path | None) -> bool:
    """Read the whole file and keep nothing."""
    from guildhall.exchange.reading import formats, rows
    from guildhall.exchange.reading import mapping as mappings
    from guildhall.exchange.reading.reasons import Bad

    shape = formats.look(file)
    mapping = mappings.from_json(said) if said else mappings.native(table)
    formats.check(shape, mapping)
    good, found = 0, list[Bad]()
    for stretch in formats.stretches(file, shape, mapping.kinds()):
        done = rows.convert(stretch, mapping, venue, now)
        good += done.good.num_rows
        found += done.bad
    print(f"{good:,} good, {len(found):,} bad")
    _report(((one.line, one.field, one.reason, one.raw) for one in found), bad)
    return True


_SHOWN = 20


def _report(rows: Any, bad: Path | None) -> None:
    """The first bad rows on the terminal, all of them in a file where one was named."""
    from guildhall.cli.app import words

    out = bad.open("w", newline="", encoding="utf-8") if bad else None
    writer = csv.writer(out) if out else None
    if writer:
        writer.writerow(("line", "field", "reason", "raw"))
    number = -1
    for number, (line, field, reason, raw) in enumerate(rows):
        if number < _SHOWN:
            print(f"  {line}: {field}: {words(reason)}", file=sys.stderr)
        if writer:
            writer.writerow((line, field, _guarded(words(reason)), _guarded(raw)))
    if number >= _SHOWN:
        print(f"  … {number + 1 - _SHOWN:,} more", file=sys.stderr)
    if out:
        out.close()


def _guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _feed(slug: str, venue: str, table: str) -> Any:
    """The feed that was named, or the one that files of a venue belong to."""
    from guildhall.core.errors import NotFound
    from guildhall.core.text import Text
    from guildhall.exchange.actions import feeds
    from guildhall.exchange.models import Feed

    if slug:
        found = Feed.objects.filter(slug=slug).first()
        if found is None:
            raise NotFound(Text(f"There is no feed {slug}.", f"没有数据源 {slug}。"))
        return found
    return feeds.feed_of_files(venue, by="system:cli", table=table)


def _mapping(name: str) -> dict[str, Any]:
    """A mapping out of a file, or one that was kept; {} for our own names."""
    from guildhall.core.errors import BadInput, NotFound
    from guildhall.core.text import Text

    if not name:
        return {}
    path = Path(name)
    if path.is_file():
        try:
            found = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise BadInput(
                Text(f"{name} is not JSON: {error}", f"{name} 不是 JSON：{error}"), field="mapping"
            ) from error
        return dict(found)
    from guildhall.exchange.models import MappingProfile

    profile = MappingProfile.objects.filter(name=name).first()
    if profile is None:
        raise NotFound(Text(f"There is no mapping {name}.", f"没有名为 {name} 的映射。"))
    return dict(profile.mapping)


def _there(file: Path) -> Path:
    from guildhall.core.errors import BadInput
    from guildhall.core.text import Text

    if not file.is_file():
        raise BadInput(Text(f"There is no file {file}.", f"没有文件 {file}。"), field="file")
    return file
