"""`guildhall facts`: what is in the tables of facts; shipping, tidying, asking and proving by hand."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from guildhall.core.errors import GuildhallError

facts_app = typer.Typer(help="The tables of facts.", no_args_is_help=True)
Names = Annotated[list[str] | None, typer.Argument(help="Tables; none named: all.")]


@facts_app.callback()
def facts() -> None:
    """The tables of facts."""


@facts_app.command()
def status() -> None:
    """Print every table: rows, newest day, days missing, waiting, conflicts, refused; tab-separated."""
    _house()
    from guildhall.facts import maintaining, queries, store

    print(f"tables lie in {store.url()}")
    print("table\trows\tnewest day\tdays missing\tversion\twaiting\tconflicts\trefused")
    for one in queries.overview():
        maintaining.measure(one.table.name)
    for one in queries.overview():
        told = (
            one.rows,
            one.last_day or "",
            one.missing_days,
            one.version,
            one.staged,
            one.conflicts,
            one.refused,
        )
        print("\t".join(map(str, (one.table.name, *told))))


@facts_app.command()
def ship() -> None:
    """Ship what was staged, now instead of within a minute."""
    _house()
    from guildhall.facts import maintaining

    for table, count in maintaining.ship_staged().items():
        print(f"{table}: {count:,} rows")


@facts_app.command()
def compact(names: Names = None) -> None:
    """Merge small files and delete months past their time."""
    _house()
    from guildhall.facts import maintaining

    for table in _tables(names):
        merged = maintaining.compact(table, always=True)
        gone, swept = maintaining.delete_expired(table), maintaining.sweep(table)
        print(
            f"{table}: {merged:,} files merged, months deleted: {', '.join(gone) or 'none'}, {swept:,} swept"
        )


@facts_app.command()
def verify(names: Names = None) -> None:
    """Prove that every file can be read and every key stands there once; exit code 1 if not."""
    _house()
    from guildhall.facts import verifying

    is_whole = True
    for table in _tables(names):
        report = verifying.verify(table)
        print(f"{table}: {report.rows:,} rows in {report.files:,} files, version {report.version}")
        for found in report.breaks:
            print(f"BROKEN  {table}: {found}")
            is_whole = False
    if not is_whole:
        raise typer.Exit(1)
    print("whole: every row can be read, every key stands there once")


@facts_app.command()
def query(
    name: Annotated[
        str, typer.Argument(help="A named query such as channels/joins_by_day; none: list them.")
    ] = "",
    params: Annotated[list[str] | None, typer.Argument(help="name=value, times with their zone.")] = None,
    engine: Annotated[str, typer.Option(help="duckdb or spark instead of the setting.")] = "",
) -> None:
    """Run a named query and print its rows as CSV."""
    _house()
    from guildhall.facts import queries_registry, querying

    if not name:
        for one in queries_registry.names():
            named = querying.load(one)
            takes = " ".join(f"{field.name}=<{field.kind}>" for field in named.inputs)
            print(f"{one} {takes}\n    {named.doc}")
        return
    try:
        kinds = {field.name: field.kind for field in querying.load(name).inputs}
        given = dict(_given(one, kinds) for one in params or [])
        found = querying.run(name, given, versions={}, engine=engine or None)
    except (GuildhallError, ValueError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    rows = csv.writer(sys.stdout)
    rows.writerow(found.column_names)
    for row in found.to_pylist():
        rows.writerow([_told(value) for value in row.values()])


def _given(text: str, kinds: dict[str, str]) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text}: write name=value")
    match kinds.get(name, "string"):
        case "int64" | "wide":
            return name, int(value)
        case "bool":
            return name, value.lower() in ("true", "yes", "1")
        case "date":
            return name, date.fromisoformat(value)
        case "timestamp":
            moment = datetime.fromisoformat(value)
            return name, moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return name, value


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


def _tables(names: list[str] | None) -> list[str]:
    from guildhall.facts import registry

    try:
        return (
            [registry.get(name).name for name in names] if names else [one.name for one in registry.tables()]
        )
    except GuildhallError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


def _house() -> None:
    from guildhall.cli.house import start_house

    start_house()
