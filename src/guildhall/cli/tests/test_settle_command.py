"""`guildhall partners settle`: from files to files, in a process that has no house."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from guildhall.partners.engine.tests.world import bindings_table, bound, deal, trade, trades_table


def run(folder: Path, out: str) -> subprocess.CompletedProcess[str]:
    """The command in a fresh process with settings that no house could start with."""
    arguments = [f"--{name}" for name in ("trades", "bindings", "deals", "out")]
    files = [str(folder / name) for name in ("t.parquet", "b.parquet", "d.json", out)]
    pairs = [word for pair in zip(arguments, files, strict=True) for word in pair]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "no.such.settings", "DATABASE_URL": "nonsense://"}
    return subprocess.run(
        [sys.executable, "-m", "guildhall", "partners", "settle", *pairs],
        capture_output=True, text=True, env=environment, check=False, cwd=folder,
    )  # fmt: skip


def test_trades_are_settled_without_a_house_and_errors_end_with_status_1(tmp_path: Path) -> None:
    pq.write_table(trades_table([trade(), trade(account="bob")]), tmp_path / "t.parquet")
    pq.write_table(bindings_table([bound()]), tmp_path / "b.parquet")
    (tmp_path / "d.json").write_text(json.dumps([deal()]))
    done = run(tmp_path, "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert pq.read_table(tmp_path / "out" / "explain.parquet").column("reason").to_pylist() == [
        "paid",
        "unbound",
    ]
    pq.write_table(bindings_table([bound(), bound("2026-02-01")]), tmp_path / "b.parquet")
    refused = run(tmp_path, "new")
    assert refused.returncode == 1
    assert "1 / 2" in refused.stderr
    assert not (tmp_path / "new").exists()
