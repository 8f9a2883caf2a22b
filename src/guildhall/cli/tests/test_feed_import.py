"""`guildhall exchange import` without a house: what the headings suggest, and a file looked over."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from guildhall.cli.exchange import exchange_app

CSV = (
    "Trade ID,UID,Time,Symbol,Role,Amount,Fee\n"
    "1,7,2026-10-05T08:00:00Z,BTC-USDT,taker,5,0.1\n"
    "8.95E+14,7,2026-10-05T08:00:00Z,BTC-USDT,taker,5,0.1\n"
)


def test_the_guessed_mapping_is_good_enough_to_check_the_file_with(tmp_path: Path) -> None:
    path, mapping, bad = tmp_path / "fills.csv", tmp_path / "mapping.json", tmp_path / "bad.csv"
    path.write_text(CSV)
    run = CliRunner()
    guessed = run.invoke(exchange_app, ["import", str(path), "--guess"])
    assert json.loads(guessed.stdout)["fields"]["trade_id"] == {"column": "Trade ID"}
    mapping.write_text(guessed.stdout)
    told = run.invoke(
        exchange_app, ["import", str(path), "--mapping", str(mapping), "--check", "--bad", str(bad)]
    )
    assert "1 good, 1 bad" in told.stdout, told.output
    assert "scientific notation" in bad.read_text()


def test_a_file_that_is_not_there_is_said_so() -> None:
    told = CliRunner().invoke(exchange_app, ["import", "nothing.csv", "--venue", "okx"])
    assert told.exit_code == 1
    assert "nothing.csv" in told.output
