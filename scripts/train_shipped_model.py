"""Trains the text model that comes with the program, from rows whose licence lets a model ship.

`python scripts/train_shipped_model.py DATA.jsonl [--out FILE]`: of DATA only the sources below are used (both
MIT), with the rows we wrote ourselves. The same rows give the same file.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from guildhall.guard.commands.training import text_rows  # noqa: E402
from guildhall.guard.model import load, train  # noqa: E402
from guildhall.guard.model.own import own_rows  # noqa: E402
from guildhall.guard.model.textmodel import SHIPPED  # noqa: E402

MAY_SHIP = {
    "janitr-crypto-x": "MIT, janitrai/janitr, data/sample.jsonl",
    "tgspam-telegram": "MIT, umputun/tg-spam, data/*.txt",
}
"""Sources by name, with licence and origin; rows of any other source are left out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "src/guildhall/guard/model" / SHIPPED)
    given = parser.parse_args()
    began = time.process_time()
    rows = [row for row in text_rows(given.data).rows if row.source in MAY_SHIP]
    own = own_rows()
    data = train([*rows, *own], name="2026-11-shipped")
    given.out.write_bytes(data)
    model = load(data)
    print(f"{model.version}: {len(rows)} rows from {', '.join(MAY_SHIP)} and {len(own)} of our own;")
    print(f"{len(data):,} bytes, {time.process_time() - began:.0f} CPU seconds -> {given.out}")


if __name__ == "__main__":
    main()
