"""A trouble is told while it lasts, also when the database or the disk is what is wrong, and by living processes only."""

import errno
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.db import OperationalError

from guildhall.core import clock, troubles
from guildhall.core.settings import load

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setattr(troubles, "settings", load({"GUILDHALL_DATA_DIR": str(tmp_path)}))
    monkeypatch.setattr(troubles, "_mine", {})
    return tmp_path


def test_a_trouble_lasts_from_its_first_report_until_it_is_cleared(data_dir) -> None:
    with clock.freeze(AT) as now:
        troubles.report("database_locked", "first")
        now.advance(60)
        troubles.report("database_locked", "first")
        found = troubles.current()
    assert [(t.kind, t.detail, t.since, (t.at - t.since).seconds) for t in found] == [
        ("database_locked", "first", AT, 60)
    ]
    assert found[0].text.en == "The database is locked by another program."
    troubles.clear("database_locked")
    troubles.clear("database_locked")
    assert troubles.current() == []
    assert list((data_dir / "troubles").iterdir()) == []


def test_other_processes_see_it_while_its_process_lives(data_dir) -> None:
    code = "import sys; from guildhall.core import troubles; troubles.report('disk_full', 'x'); print('told', flush=True); sys.stdin.read()"
    env = {**os.environ, "GUILDHALL_DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "x"}
    env.pop("DATABASE_URL", None)
    with subprocess.Popen(
        [sys.executable, "-c", code], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"told\n"
        assert [(t.kind, t.process.split(":")[1]) for t in troubles.current()] == [
            ("disk_full", str(other.pid))
        ]
        other.kill()
    assert troubles.current() == []
    assert list((data_dir / "troubles").glob("*.json")) == []


def test_a_full_disk_keeps_nobody_from_telling(data_dir, monkeypatch) -> None:
    monkeypatch.setattr(troubles, "settings", load({"GUILDHALL_DATA_DIR": "/proc/nowhere"}))
    troubles.report("disk_full")
    assert [trouble.kind for trouble in troubles.current()] == ["disk_full"]
    troubles.clear("disk_full")
    assert troubles.current() == []


def test_half_a_file_of_another_process_is_passed_over(data_dir) -> None:
    (data_dir / "troubles").mkdir()
    for content in ('[{"kind":', "null", "[1]", json.dumps([{"kind": "x"}])):
        (data_dir / "troubles" / f"elsewhere:{os.getppid()}.json").write_text(content)
        assert troubles.current() == []


def test_details_are_redacted() -> None:
    troubles.report("database_gone", "connection to postgres://guild:hunter2@db failed")
    assert "hunter2" not in troubles.current()[0].detail


class Postgres(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def caused(by: Exception) -> OperationalError:
    error = OperationalError("could not")
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    "error, kind",
    [
        (OperationalError("database is locked"), "database_locked"),
        (OperationalError("the write queue x did not move for 20 s"), "database_locked"),
        (OperationalError("database or disk is full"), "database_full"),
        (OperationalError("disk I/O error"), "database_gone"),
        (OperationalError("unable to open database file"), "database_gone"),
        (caused(Postgres("53100")), "database_full"),
        (caused(Postgres("55P03")), "database_locked"),
        (caused(Postgres("57P01")), "database_gone"),
        (caused(Postgres(None)), "database_gone"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
    ],
)
def test_an_error_is_known_by_what_it_says(error: Exception, kind: str) -> None:
    assert troubles.report_error(error) == kind
    assert troubles.current()[0].kind == kind


def test_a_room_can_give_its_own_kind_a_sentence() -> None:
    from guildhall.core.text import Text

    assert "x.y" in troubles.text_of("x.y").en
    troubles.describe("x.y", Text("The x is y.", "x 出现 y。"))
    assert troubles.text_of("x.y").zh == "x 出现 y。"
