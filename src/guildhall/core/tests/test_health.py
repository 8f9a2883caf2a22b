"""Today and /readyz say what runs, what has died, what runs twice, and what keeps the house from its work."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from guildhall.core import beats, clock, health, troubles
from guildhall.core.beats import Alive
from guildhall.core.models import Beat
from guildhall.core.settings import load

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    found = load({"GUILDHALL_DATA_DIR": str(tmp_path)})
    for module in (health, troubles):
        monkeypatch.setattr(module, "settings", found)
    monkeypatch.setattr(troubles, "_mine", {})
    monkeypatch.setattr(beats, "_last", {})
    monkeypatch.setattr(beats, "_started", {})
    monkeypatch.setattr(health, "_migrations", (-1000.0, 0))
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: SimpleNamespace(free=10**11))


def process(name: str, pid: int, *, started: int, at: int, host: str = "a") -> Alive:
    return Alive(
        name, beats.kind_of(name), host, pid, AT + timedelta(seconds=started), AT + timedelta(seconds=at), {}
    )


def kinds() -> list[str]:
    return [problem.kind for problem in health.problems()]


@pytest.mark.django_db
def test_a_beat_is_written_every_few_seconds_only(monkeypatch, django_assert_num_queries) -> None:
    moment = SimpleNamespace(now=100.0)
    monkeypatch.setattr(beats.time, "monotonic", lambda: moment.now)
    assert beats.beat("worker-1", {"done": 1})
    moment.now += 4.9
    with django_assert_num_queries(0):
        assert not beats.beat("worker-1", {"done": 2})
    moment.now += 0.1
    assert beats.beat("worker-1", {"done": 3})
    assert [(b.process, b.kind, b.detail) for b in beats.alive()] == [("worker-1", "worker", {"done": 3})]
    assert Beat.objects.count() == 1
    beats.stop("worker-1")
    assert beats.alive() == []


@pytest.mark.django_db
def test_who_has_not_beaten_for_a_while_is_not_alive_and_is_forgotten_after_a_day() -> None:
    with clock.freeze(AT) as now:
        beats.beat("ticker")
        now.advance(beats.ALIVE_FOR_S)
        assert [b.process for b in beats.alive()] == ["ticker"]
        now.advance(1)
        assert beats.alive() == []
        now.advance(timedelta(days=2))
        beats.beat("worker-1")
    assert [row.process for row in Beat.objects.all()] == ["worker-1"]


@pytest.mark.parametrize(
    "living, doubled",
    [
        ([process("worker-1", 1, started=0, at=100), process("worker-1", 2, started=90, at=100)], 1),
        ([process("worker-1", 1, started=0, at=89), process("worker-1", 2, started=90, at=100)], 0),
        ([process("worker-1", 1, started=0, at=100), process("worker-2", 2, started=90, at=100)], 0),
        ([process("worker-1", 1, started=0, at=100), process("worker-1", 1, started=9, at=100, host="b")], 0),
        ([process("ticker", 1, started=0, at=100), process("ticker@b:7", 7, started=9, at=100, host="b")], 1),
        ([process("web", 1, started=0, at=100), process("web", 2, started=9, at=100)], 0),
    ],
)
def test_a_process_started_twice_is_told_from_one_that_was_replaced(
    living: list[Alive], doubled: int
) -> None:
    assert len(beats.duplicates(living)) == doubled


@pytest.mark.django_db
def test_a_house_where_all_is_well_has_no_problems() -> None:
    beats.beat("ticker")
    beats.beat("worker-1")
    assert kinds() == []
    assert health.is_ready(health.problems())


@pytest.mark.django_db
def test_processes_that_are_missing_or_doubled_are_said_and_stop_nothing() -> None:
    found = health.problems()
    assert [problem.kind for problem in found] == ["no_ticker", "no_worker"]
    assert health.is_ready(found)
    now = clock.now()
    for pid in (1, 2):
        Beat.objects.create(
            id=f"t{pid}", process="ticker", host="a", pid=pid, started_at=now - timedelta(9 - pid), at=now
        )
    found = [problem for problem in health.problems() if problem.kind == "duplicate_process"]
    assert found[0].detail == "ticker@a:1, ticker@a:2"
    assert found[0].text.zh == "ticker 重复运行：请停止其中一个。"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "free, kind, ready", [(99 * 2**20, "disk_full", False), (500 * 2**20, "disk_low", True)]
)
def test_a_disk_that_fills_is_said_before_it_is_full(monkeypatch, free: int, kind: str, ready: bool) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    found = health.problems()
    assert kind in [problem.kind for problem in found]
    assert health.is_ready(found) == ready


@pytest.mark.django_db
def test_a_reported_trouble_is_shown_until_it_is_over() -> None:
    troubles.report("database_locked", "held by another program")
    assert not health.is_ready(health.problems())
    troubles.clear("database_locked")
    assert health.is_ready(health.problems())


@pytest.mark.parametrize(
    "says, kind", [("database is locked", "database_locked"), ("connection refused", "database_gone")]
)
def test_a_database_that_does_not_answer_is_a_problem_not_an_error(monkeypatch, says: str, kind: str) -> None:
    def refuse() -> None:
        raise OperationalError(says)

    monkeypatch.setattr(health, "_of_migrations", refuse)
    found = health.problems()
    assert [problem.kind for problem in found] == [kind]
    assert not health.is_ready(found)


@pytest.mark.django_db
def test_pending_migrations_stop_the_house(monkeypatch) -> None:
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: [1, 2])
    found = health.problems()
    assert [problem.kind for problem in found] == ["migrations"]
    assert "2 database migrations" in found[0].text.en
    assert not health.is_ready(found)
