"""Many rows in one go mean the same on both databases, and writers on SQLite stand in one fair queue."""

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from guildhall.core import bulk
from guildhall.core.models import Beat, ProposalApproval, Secret
from guildhall.core.sqlite.gate import GateTimeout, WriteGate

AT = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
COLUMNS = ("id", "process", "host", "pid", "started_at", "at", "detail")


def row(number: int) -> tuple:
    return (f"b{number}", "工人", "h", number, AT, AT, f'{{"n": {number}}}')


@pytest.mark.django_db
def test_rows_written_raw_read_back_as_if_the_models_had_written_them() -> None:
    with transaction.atomic():
        assert bulk.insert(Beat, COLUMNS, [row(n) for n in range(3)]) == 3
        assert bulk.insert(Beat, COLUMNS, []) == 0
    read = Beat.objects.get(pk="b2")
    assert (read.process, read.pid, read.at, read.detail) == ("工人", 2, AT, {"n": 2})
    assert Beat.objects.filter(at=AT).count() == 3


@pytest.mark.django_db
def test_rows_already_there_are_passed_over_or_refused() -> None:
    bulk.insert(Beat, COLUMNS, [row(1)])
    assert bulk.insert(Beat, COLUMNS, [row(1), row(2)], ignore_conflicts=True) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Beat, COLUMNS, [row(3), row(2)])
    assert Beat.objects.count() == 2


@pytest.mark.django_db
def test_many_rows_are_updated_each_by_its_key() -> None:
    bulk.insert(Beat, COLUMNS, [row(n) for n in range(4)])
    later = AT.replace(year=2027)
    assert (
        bulk.update_many(Beat, "id", ("at", "pid"), [("b1", later, 11), ("b3", later, 13), ("zz", later, 0)])
        == 2
    )
    assert [(b.pid, b.at == later) for b in Beat.objects.order_by("id")] == [
        (0, False),
        (11, True),
        (2, False),
        (13, True),
    ]


@pytest.mark.django_db
def test_bytes_and_nothing_are_written_too() -> None:
    bulk.insert(Secret, ("name", "ciphertext", "key_id", "updated_at"), [("a", b"\x00\xff", "k", AT)])
    assert bytes(Secret.objects.get().ciphertext) == b"\x00\xff"
    assert ProposalApproval._meta.get_field("voided_at").null


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "db.gate")


def test_one_writer_at_a_time_in_the_order_they_came(path: str) -> None:
    first, came = WriteGate(path), []
    first.enter()

    def wait(name: int) -> None:
        with WriteGate(path):
            came.append(name)

    threads = []
    for name in range(5):
        threads.append(threading.Thread(target=wait, args=[name]))
        threads[-1].start()
        time.sleep(0.05)
    assert came == []
    first.leave()
    for thread in threads:
        thread.join()
    assert came == [0, 1, 2, 3, 4]


def test_a_killed_writer_blocks_nobody(path: str) -> None:
    code = "import sys; from guildhall.core.sqlite.gate import WriteGate; g = WriteGate(sys.argv[1]); g.enter(); print('in', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"in\n"
        with pytest.raises(GateTimeout), WriteGate(path, patience_s=0.2):
            pass
        os.kill(other.pid, 9)
    with WriteGate(path, patience_s=2):
        pass


def test_whoever_gives_up_waiting_has_left_the_queue(path: str) -> None:
    inside = WriteGate(path)
    inside.enter()
    late = WriteGate(path, patience_s=0.05)
    with pytest.raises(GateTimeout):
        late.enter()
    late.leave()
    inside.leave()
    with WriteGate(path, patience_s=2):
        pass


@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_lose_no_increment() -> None:
    Secret.objects.create(name="n", ciphertext=b"", key_id="0")
    failed: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(20):
                with transaction.atomic():
                    row = Secret.objects.select_for_update().get(pk="n")
                    row.key_id = str(int(row.key_id) + 1)
                    row.save()
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Secret.objects.get().key_id == "100"
