"""Builds the domain model that comes with the house, from rows that may ship: polkadot-js/phishing and our
own.

    python scripts/train_shipped_domains.py domains_malicious.jsonl

Rows of any other source in the file are left out. The same file gives the same bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from guildhall.guard.domain_model.learning import train_domains
from guildhall.guard.domain_model.rows import DomainRow

SHIPPED = Path(__file__).parents[1] / "src/guildhall/guard/domain_model/shipped.gdm"
MAY_SHIP = "polkadot-js"
_WEIGHT = 0.25
"""Against rows of our own: most of the list is older than today's kind of theft."""


def main(malicious: Path) -> None:
    rows = []
    with malicious.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("source") == MAY_SHIP:
                seen = row.get("first_seen") or ""
                rows.append(DomainRow(row["domain"], 1, MAY_SHIP, seen, weight=_WEIGHT))
    data = train_domains(rows, label="shipped")
    SHIPPED.write_bytes(data)
    print(f"{SHIPPED}: {len(data):,} bytes from {len(rows):,} {MAY_SHIP} rows and our own")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
