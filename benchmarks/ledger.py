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

    def post() -> tuple[float, int]:
        """Seconds for all batches, each its own transaction, and how many postings were new."""
        spent, new = 0.0, 0
        for start in range(0, count, BATCH):
            batch = drafts(start, min(count, start + BATCH))
            began = time.perf_counter()
            new += actions.post_many(batch, by="system:benchmark").new
            spent += time.perf_counter() - began
        return spent, new

    def tell(what: str, value: float, unit: str, **more: object) -> None:
        report(Figure("ledger", what, value, unit, database, **more))  # type: ignore[arg-type]

    spent, new = post()
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
    spent, new = post()
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
