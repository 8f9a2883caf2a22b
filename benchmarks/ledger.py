"""The ledger: postings a second, durably; the same again, which must add nothing; the zero-sum proof.

`python -m benchmarks.ledger [POSTINGS]` (default 60,000 of three legs each, on PostgreSQL 350,000 for the
proof over a million legs). Baseline for postings: COPY and INSERT ... ON CONFLICT of rows made beforehand,
9,389 postings a second with 3 legs each; measured where this was designed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from benchmarks.machine import Figure, machine, report

FLOOR, PROOF_S, BASELINE = 15_000.0, 2.0, 9_389.0
BATCH = 10_000
PARTNERS, DAYS = 2_000, 181


def main(count: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    from django.db import connection

    from guildhall.cli.prepare import migrate
    from guildhall.ledger import actions, chain, proof

    migrate()
    database = connection.vendor
    print(machine())
    actions.open_asset("USDT", 8)
    first = date(2026, 1, 1)

    def drafts(start: int, stop: int) -> list[actions.Draft]:
        made = []
        for n in range(start, stop):
            partner, day = n % PARTNERS, first + timedelta(days=n // PARTNERS % DAYS)
            units = n * 7919 % 100_000_007 + 2
            made.append(
                actions.Draft(
                    key=f"settle:{partner}:{day}:USDT:share:v3:{n}",
                    kind="share",
                    asset="USDT",
                    legs=(
                        (f"house:commission:venue{n % 2}", -units),
                        (f"partner:{partner}:pending", units - units // 5),
                        (f"member:pool{n % 2}:pending", units // 5),
                    ),
                    effective_on=day,
                    pin=f"deal:{partner}:v3",
                    subject=f"partner:{partner}",
                    details={"trades": n % 977, "run": "01J0000000000000000000000"},
                    matures_on=day + timedelta(days=14),
                )
            )
        return made

    def cpu() -> float:
        """CPU seconds of this process and, where it can be read, of the server's process for us."""
        server = 0.0
        if connection.vendor == "postgresql":
            stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
            user, system = stat.rpartition(")")[2].split()[11:13]
            server = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        return time.process_time() + server

    def post() -> tuple[float, float, int]:
        """Seconds and CPU seconds of all batches, each its own transaction, and how many were new."""
        spent = worked = 0.0
        new = 0
        for start in range(0, count, BATCH):
            batch = drafts(start, min(count, start + BATCH))
            began, work = time.perf_counter(), cpu()
            new += actions.post_many(batch, by="system:benchmark").new
            spent, worked = spent + time.perf_counter() - began, worked + cpu() - work
        return spent, worked, new

    def tell(what: str, value: float, unit: str, **more: object) -> None:
        report(Figure("ledger", what, value, unit, database, **more))  # type: ignore[arg-type]

    print(f"load of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    spent, worked, new = post()
    assert new == count
    rate, durable = count / spent, database == "postgresql"
    tell(
        "postings of 3 legs, durable",
        rate,
        "postings/s",
        baseline="COPY of ready rows on PostgreSQL",
        ratio=rate / BASELINE,
        floor=FLOOR if durable else None,
    )
    tell("postings of 3 legs a CPU second, the server's too", count / worked, "postings/s")
    spent, worked, new = post()
    assert new == 0
    tell("the same postings again, adding none", count / spent, "postings/s")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for what, work, most in (
        (f"zero-sum proof of {3 * count:,} legs", proof.unbalanced, PROOF_S * max(1, 3 * count / 1e6)),
        ("balances against the sum of legs", proof.wrong_balances, None),
        ("sealing", chain.seal_all, None),
        ("the whole proof", proof.verify, None),
    ):
        began = time.perf_counter()
        found = work()
        assert found in ([], count) or found.is_intact  # type: ignore[union-attr, attr-defined]
        tell(what, time.perf_counter() - began, "s", ceiling=most)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        os.environ.setdefault("GUILDHALL_DATA_DIR", folder)
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 60_000)
