"""The thread that reads trades ahead is let go when the settlement is over, not when memory happens to be tidied."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path

import pytest

from guildhall.cli.tests.settle_command import binding, deal, trade
from guildhall.partners.engine.files import settle_files
from guildhall.partners.engine.trades import ParquetTrades
from guildhall.partners.testing import oracle_files

TRADES = [trade(n, f"2026-01-{n + 10}T00:00:00Z") for n in range(6)]


@pytest.fixture
def given(tmp_path: Path) -> Path:
    oracle_files.write(tmp_path, TRADES, [binding()], [deal()])
    return tmp_path


def readers() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith(("trades", "explain"))]


def test_a_settlement_leaves_no_thread_behind(given: Path) -> None:
    names = ("trades.parquet", "bindings.parquet", "deals.json", "out")
    gc.disable()
    try:
        settle_files(*(given / name for name in names))
        until = time.monotonic() + 10
        while readers() and time.monotonic() < until:
            time.sleep(0.01)
        assert readers() == []
    finally:
        gc.enable()


def test_reading_that_is_given_up_waits_for_no_thread(given: Path) -> None:
    batches = ParquetTrades(given / "trades.parquet").batches(["trade_id"])
    assert next(iter(batches)).num_rows == len(TRADES)
    given_up = threading.Thread(target=batches.close, daemon=True)  # type: ignore[attr-defined]
    # The collector may end the reading while a thread is being started or joined, with this lock taken.
    with threading._shutdown_locks_lock:  # type: ignore[attr-defined]
        given_up.start()
        until = time.monotonic() + 10
        while batches.gi_frame is not None and time.monotonic() < until:  # type: ignore[attr-defined]
            time.sleep(0.01)
        assert batches.gi_frame is None  # type: ignore[attr-defined]
    given_up.join()
