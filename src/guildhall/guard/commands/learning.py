"""`guildhall guard models | learn | rollback | export`: a house's own text models from the command line.

The same actions as the Text models page, for whoever keeps the house by hand or by script; what is done is
audited under `system:cli`.
"""

from __future__ import annotations

import re
from pathlib import Path

import orjson
from django.db import connection

from guildhall.core.errors import NotFound
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.guard import models_in_force
from guildhall.guard.actions import learning
from guildhall.guard.commands import writing
from guildhall.guard.models import ModelVersion, TrainingRow

ACTOR = "system:cli"
_NUMBER = re.compile("[0-9]{1,9}")


def models() -> None:
    """Print every model trained here, latest first, and which one judges."""
    scorer = models_in_force.current()
    print(f"judges now: {scorer.version if scorer else 'none'}")
    for version in ModelVersion.objects.defer("blob").order_by("-number"):
        latest = version.evaluations.order_by("-id").first()
        rows = version.rows
        print(
            f"{version.number:>4}  {version.name:<32} {version.state:<8} "
            f"{version.made_at:%Y-%m-%d %H:%M}  {rows.get('scam', 0)} scam, {rows.get('fine', 0)} fine"
            + (f"  {latest.outcome} than {latest.against}" if latest else "")
        )


def learn() -> None:
    """Train a candidate here and now, measure it, and put it in force when it is better. The last line on
    stdout is JSON.
    """
    print(orjson.dumps(learning.train_now(ACTOR)).decode())


def rollback(to: str) -> None:
    """Back to the version of that number, or to the shipped model (`shipped`). Raises NotFound, Conflict."""
    if to == learning.SHIPPED:
        learning.roll_back(to, ACTOR)
    else:
        version = ModelVersion.objects.filter(number=int(to)).first() if _NUMBER.fullmatch(to) else None
        if version is None:
            raise NotFound(Text(f"There is no model {to}.", f"不存在模型 {to}。"))
        learning.roll_back(version.pk, ACTOR)
    scorer = models_in_force.current()
    print(f"judges now: {scorer.version if scorer else 'none'}")


def export(out: str) -> None:
    """Write the reviewed rows, one row of JSON a line, as `guard train`, `eval` and `score` read them.

    A `group` is a set of near copies; `held_back` rows are never taught here. The words are those of members:
    the file is as private as the chat.
    """
    rows = TrainingRow.objects.filter(state=TrainingRow.State.REVIEWED, in_conflict=False).order_by("id")
    written = 0
    with writing.written(Path(out), *house_files()) as file:
        for row in rows.iterator(chunk_size=2000):
            line = {
                "text": row.text,
                "label": int(row.label == TrainingRow.Label.SCAM),
                "lang": row.language,
                "source": "community",
                "group": row.group_key,
                "held_back": row.held_back,
            }
            file.write(orjson.dumps(line) + b"\n")
            written += 1
    if out != writing.STANDARD:
        print(orjson.dumps({"rows": written}).decode())


def house_files() -> list[Path]:
    """What the house lives on, which nothing may be written over."""
    files = [settings.data_dir / "keys.json"]
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        files += [Path(name + ending) for ending in ("", "-wal", "-shm")]
    return files
