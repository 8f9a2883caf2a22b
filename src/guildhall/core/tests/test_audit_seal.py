"""Audit rows cannot be changed through the database, and if somebody manages all the same, `verify` finds it."""

import threading
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from guildhall.core import audit, audit_anchors, audit_guard, audit_seal, troubles
from guildhall.core.ids import new_id
from guildhall.core.models import AuditEntry, AuditSeal
from guildhall.core.settings import load


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch, empty_audit):
    """A data directory of its own: anchors and troubles."""
    found = load({"GUILDHALL_DATA_DIR": str(tmp_path)})
    monkeypatch.setattr(audit_anchors, "settings", found)
    monkeypatch.setattr(troubles, "settings", found)
    yield tmp_path
    troubles.clear("audit_cut")


def deeds(count: int, verb: str = "case.undone") -> None:
    with transaction.atomic():
        audit.record_many(
            [audit.Entry("staff:1", verb, f"case:{n}", {"n": n, "why": "误判"}) for n in range(count)]
        )


def sql(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def without_guard(statement: str) -> None:
    """What an administrator of the database could do."""
    audit_guard.remove(connection)
    sql(statement)
    audit_guard.install(connection)


def kinds() -> list[str]:
    return [found.kind for found in audit_seal.verify().breaks]


@pytest.mark.django_db
def test_entries_are_sealed_once_in_batches_and_verified() -> None:
    deeds(25)
    assert [audit_seal.seal(10), audit_seal.seal(10), audit_seal.seal(10), audit_seal.seal(10)] == [
        10,
        10,
        5,
        0,
    ]
    deeds(3)
    report = audit_seal.verify()
    assert report.is_intact
    assert (report.seals, report.rows, report.unsealed, report.anchored) == (3, 25, 3, 3)
    assert report.head == AuditSeal.objects.get(seq=3).hash
    assert audit_seal.seal_all() == 3


@pytest.mark.django_db
def test_an_empty_audit_is_intact() -> None:
    assert audit_seal.seal() == 0
    assert audit_seal.verify().is_intact


@pytest.mark.django_db
def test_an_entry_that_became_visible_late_is_sealed_too_and_once() -> None:
    """On PostgreSQL a transaction that began earlier may commit later."""
    early = new_id()
    deeds(3)
    audit_seal.seal()
    with transaction.atomic():
        AuditEntry.objects.create(id=early, at="2026-01-01T00:00Z", actor="a", verb="v", subject="s")
    assert audit_seal.seal() == 1
    assert AuditEntry.objects.get(pk=early).seal_id == 2
    assert audit_seal.verify().is_intact


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditentry SET actor = 'nobody'",
        "UPDATE core_auditentry SET data = '{}'",
        "UPDATE core_auditentry SET seal_id = NULL",
        "UPDATE core_auditentry SET seal_id = 1, actor = 'nobody' WHERE seal_id IS NULL",
        "UPDATE core_auditentry SET id = 'x'",
        "DELETE FROM core_auditentry",
        "UPDATE core_auditseal SET hash = 'x'",
        "DELETE FROM core_auditseal",
    ],
)
def test_no_statement_changes_or_removes_what_was_written(statement: str) -> None:
    deeds(2)
    audit_seal.seal()
    deeds(2)
    with pytest.raises(DatabaseError, match="append-only"):
        sql(statement)
    assert AuditEntry.objects.count() == 4
    assert audit_seal.verify().is_intact


@pytest.mark.django_db
def test_no_vendor_has_a_way_around() -> None:
    deeds(1)
    entry = AuditEntry.objects.get()
    columns = "id, at, actor, verb, subject, data"
    around = {
        "postgresql": "TRUNCATE core_auditentry, core_auditseal",
        "sqlite": f"REPLACE INTO core_auditentry ({columns}) VALUES ('{entry.id}', '', '', '', '', '')",
    }
    with pytest.raises(DatabaseError):
        sql(around[connection.vendor])
    assert AuditEntry.objects.get() == entry


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement, kind",
    [
        ("UPDATE core_auditentry SET actor = 'nobody' WHERE subject = 'case:3'", "changed"),
        ("DELETE FROM core_auditentry WHERE subject = 'case:3'", "missing"),
        (
            "INSERT INTO core_auditentry (id, at, actor, verb, subject, data, seal_id) "
            "VALUES ('01J', '2026-01-01 00:00:00', 'a', 'v', 's', '{}', 1)",
            "inserted",
        ),
        ("UPDATE core_auditseal SET hash = prev_hash WHERE seq = 1", "broken_link"),
        ("UPDATE core_auditentry SET seal_id = 2 WHERE subject = 'case:3'", "missing"),
    ],
)
def test_what_an_administrator_changes_is_found(statement: str, kind: str) -> None:
    deeds(10)
    audit_seal.seal()
    deeds(10, "case.upheld")
    audit_seal.seal()
    without_guard(statement)
    report = audit_seal.verify()
    assert not report.is_intact
    assert report.breaks[0].kind == kind
    assert report.breaks[0].seal == 1


@pytest.mark.django_db
def test_cutting_the_newest_seals_off_is_found_by_the_anchors() -> None:
    for _ in range(3):
        deeds(4)
        audit_seal.seal()
    without_guard("DELETE FROM core_auditentry WHERE seal_id > 1")
    without_guard("DELETE FROM core_auditseal WHERE seq > 1")
    assert [(b.kind, b.where) for b in audit_seal.verify().breaks] == [("tail_cut", "seals 2 to 3")]
    audit_seal.seal()
    assert [trouble.kind for trouble in troubles.current()] == ["audit_cut"]


@pytest.mark.django_db
def test_sealing_something_else_in_their_place_is_found_too() -> None:
    for _ in range(2):
        deeds(4)
        audit_seal.seal()
    without_guard("DELETE FROM core_auditentry WHERE seal_id > 1")
    without_guard("DELETE FROM core_auditseal WHERE seq > 1")
    deeds(4, "nothing.happened")
    audit_seal.seal()
    assert kinds() == ["rewritten"]


@pytest.mark.django_db
def test_a_process_that_died_before_appending_an_anchor_is_made_up_for(data_dir, monkeypatch) -> None:
    deeds(2)
    with monkeypatch.context() as patched:
        patched.setattr(audit_anchors, "append", lambda seals: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError):
            audit_seal.seal()
    assert audit_anchors.last() == 0
    assert audit_seal.seal() == 0
    assert audit_anchors.last() == 1
    with (data_dir / "audit-anchors.log").open("a") as file:
        file.write('{"seq": 2, "ha')
    deeds(2)
    audit_seal.seal()
    assert sorted(audit_anchors.read()) == [1, 2]
    assert audit_seal.verify().is_intact


@pytest.mark.django_db(transaction=True)
def test_two_sealers_and_writers_at_once_seal_every_entry_once() -> None:
    failures: list[Exception] = []

    def in_thread(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - the thread that counts is the test's
                failures.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    writers = [in_thread(lambda: [deeds(5) for _ in range(20)]) for _ in range(3)]
    sealers = [in_thread(lambda: [audit_seal.seal(7) for _ in range(25)]) for _ in range(2)]
    for thread in writers + sealers:
        thread.join()
    assert failures == []
    audit_seal.seal_all()
    report = audit_seal.verify()
    assert report.is_intact, report.breaks[:3]
    assert (report.rows, report.unsealed) == (300, 0)
    assert sum(AuditSeal.objects.values_list("count", flat=True)) == 300


@pytest.mark.django_db(transaction=True)
def test_the_guard_is_back_after_a_flush_and_after_every_migrate() -> None:
    deeds(1)
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.filter(subject="case:0").exists()
    deeds(1)
    audit_guard.remove(connection)
    call_command("migrate", verbosity=0)
    with pytest.raises(DatabaseError, match="append-only"):
        sql("DELETE FROM core_auditentry")


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        audit.record("staff:1", "case.undone", "case:1")
