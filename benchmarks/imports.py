"""Import of a chat history: rows per CPU-second from Telegram Desktop's file to stored, counted and
searchable messages, and the memory it takes.

`python -m benchmarks.imports [ROWS]` (default 300,000). Baseline: parsing the same file's messages alone.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from benchmarks.machine import Figure, machine, report

FLOOR = 5_000.0
TEXTS = (
    "Hello everyone, how is the funding rate on BTC perpetual today? I think it is 0.01%",
    "大家好，请问今天的资金费率是多少？我的充值还没有到账", "gm", "提现要多久到账？我等了两个小时了",
    "liquidated again, that wick was brutal", "see https://example.com/fees for the table",
)  # fmt: skip


def write(path: Path, rows: int) -> None:
    """A history as Telegram Desktop writes it: three thousand people, replies, edits, links, joins."""
    chance, at = Random(1), 1_640_995_200
    with path.open("w", encoding="utf-8") as out:
        out.write('{\n "name": "Lounge",\n "type": "public_supergroup",\n "id": 77,\n "messages": [\n')
        for number in range(1, rows + 1):
            at += chance.randrange(1, 120)
            who, kind = chance.randrange(3000), chance.random()
            said: dict[str, object] = {"id": number, "date": "2022-01-01T00:00:00", "date_unixtime": str(at)}
            if kind < 0.02:
                said |= {"type": "service", "actor": f"P{who}", "actor_id": f"user{who + 1}"}
                said |= {"action": "join_group_by_link", "text": "", "text_entities": []}
            else:
                text = f"{chance.choice(TEXTS)} {chance.randrange(1000)}"
                said |= {"type": "message", "from": f"P{who}", "from_id": f"user{who + 1}", "text": text}
                said["text_entities"] = [{"type": "plain", "text": text}]
                if kind < 0.2:
                    said["reply_to_message_id"] = max(1, number - chance.randrange(1, 50))
                if kind < 0.12:
                    said["text"] = [text + " ", {"type": "bold", "text": "now"}]
                if kind > 0.95:
                    said |= {"photo": "(File not included.)", "width": 1280, "height": 720}
            line = json.dumps(said, ensure_ascii=False, indent=1).replace("\n", "\n  ")
            out.write(f"  {line}{',' if number < rows else ''}\n")
        out.write(" ]\n}")


def parsing_alone(path: Path) -> float:
    """CPU seconds to cut the file and read every message, storing nothing."""
    from guildhall.intake.importing import splitting, telegram_history

    began = time.process_time()
    with path.open("rb") as file:
        for piece in splitting.arrays(file):
            if isinstance(piece, splitting.Piece) and piece.raw:
                telegram_history.read(piece.raw)
    return time.process_time() - began


def anonymous_mb() -> float:
    """Memory of this process that is its own: without mapped files such as the database."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) / 1024


def main(rows: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    from django.db import connection

    from guildhall.channels.models import Message, Space
    from guildhall.cli.prepare import migrate
    from guildhall.intake.importing import actions, files
    from guildhall.intake.models import Import

    print(machine())
    migrate()
    space = Space.objects.create(
        platform="telegram", external_id="-10077", slug="lounge", name="Lounge", kind="supergroup"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        write(path, rows)
        alone, before = parsing_alone(path), anonymous_mb()
        taken = files.receive_from(path, "bench", Import.Kind.HISTORY)
    one = actions.begin(
        Import.Kind.HISTORY, taken, file_name="result.json", spaces=[space], by="system:bench"
    )
    actions.work(one.id, seconds=0)
    actions.confirm(one.id, "system:bench", {})
    began, most = time.process_time(), 0.0
    while actions.work(one.id, seconds=1):
        most = max(most, anonymous_mb())
    spent = time.process_time() - began
    one.refresh_from_db()
    assert one.rows_done == rows, one.problem
    assert Message.objects.count() == one.counts["stored"]
    vendor = connection.vendor
    report(
        Figure(
            "imports", f"{rows:,} rows of history a CPU-second", rows / spent, "rows/s", vendor,
            baseline="parsing alone", ratio=alone / spent, floor=FLOOR,
        )
    )  # fmt: skip
    report(Figure("imports", "memory while importing", most, "MB", vendor))
    report(Figure("imports", "of it before the import began", before, "MB", vendor))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        os.environ.setdefault("GUILDHALL_DATA_DIR", folder)
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
