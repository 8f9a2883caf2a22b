"""`guildhall exchange simulate` writes a made-up exchange into files."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from typer.testing import CliRunner

from guildhall.cli.exchange import exchange_app


def test_the_command_writes_the_files_and_the_reports(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        exchange_app,
        ["simulate", "--seed", "7", "--accounts", "50", "--trades", "400", "--days", "5", "--reports"]
        + ["--out", str(tmp_path / "made")],
    )
    assert told.exit_code == 0, told.output
    assert len(pq.read_table(tmp_path / "made" / "trades.parquet")) == 400
    assert {path.name for path in (tmp_path / "made" / "reports").iterdir()} == {"house", "okx"}
    told = CliRunner().invoke(exchange_app, ["simulate", "--start", "soon", "--out", str(tmp_path)])
    assert told.exit_code == 2
