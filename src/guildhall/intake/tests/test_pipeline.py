"""What the sender of a message gets from intake: recorded once, judged, put aside whole when it cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection

from guildhall.channels import registry
from guildhall.channels.actions import create_space
from guildhall.channels.models import Message, Quarantine, Space
from guildhall.channels.webchat import PLATFORM, delete_body, edit_body, external_id, message_body
from guildhall.core import clock
from guildhall.effects.models import Effect
from guildhall.guard.actions import install_shipped
from guildhall.guard.models import Case, VerdictRecord
from guildhall.intake import batcher, pipeline
from guildhall.intake.pipeline import Outcome, Raw, Status, ingest

pytestmark = pytest.mark.django_db
SCAM = "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock"


@pytest.fixture(autouse=True)
def lobby(db: None) -> Space:
    install_shipped(by="system:test")
    return create_space(platform=PLATFORM, slug="lobby", name="Lobby", by="staff:1")


def body(text: str, nonce: str = "nonce-0001", visitor: str = "ann", **more: Any) -> bytes:
    given = {"space": "lobby", "name": visitor, "sent_at": clock.now(), **more}
    return message_body(visitor=visitor, message_id=external_id(visitor, nonce), text=text, **given)


def take(*bodies: bytes) -> list[Outcome]:
    return ingest([Raw(PLATFORM, one, clock.now()) for one in bodies])


def test_a_message_is_recorded_with_its_verdict() -> None:
    (outcome,) = take(body("Is the funding rate negative again?"))
    assert outcome.status is Status.RECORDED
    assert outcome.verdict_action == "allow"
    assert Message.objects.get(pk=outcome.message_id).text == "Is the funding rate negative again?"
    assert VerdictRecord.objects.filter(message_id=outcome.message_id).count() == 1


def test_a_scam_is_out_of_sight_and_has_a_case_and_effects_in_the_same_commit() -> None:
    (outcome,) = take(body(SCAM))
    assert outcome.verdict_action != "allow"
    assert Message.objects.get(pk=outcome.message_id).visible is False
    assert Case.objects.filter(message_id=outcome.message_id, kind="verdict").count() == 1
    assert Effect.objects.exists()


def test_the_same_delivery_again_changes_nothing() -> None:
    same = body(SCAM)
    (first,) = take(same)
    again = take(same, same)
    assert [outcome.status for outcome in again] == [Status.DUPLICATE] * 2
    assert {outcome.message_id for outcome in again} == {first.message_id}
    assert (Message.objects.count(), VerdictRecord.objects.count(), Case.objects.count()) == (1, 1, 1)


def test_the_same_id_with_other_words_is_put_aside_and_the_first_stands() -> None:
    take(body("first words"))
    (outcome,) = take(body("other words"))
    assert outcome.status is Status.QUARANTINED
    assert Message.objects.get().text == "first words"
    assert Quarantine.objects.count() == 1


def test_what_cannot_be_read_is_kept_whole_and_does_not_hold_up_the_others() -> None:
    broken = b'{"kind": "message", \xff\x00 not json'
    outcomes = take(body("one", "nonce-0001"), broken, body("two", "nonce-0002"))
    assert [o.status for o in outcomes] == [Status.RECORDED, Status.QUARANTINED, Status.RECORDED]
    assert bytes(Quarantine.objects.get().raw) == broken


def test_an_unknown_space_is_put_aside() -> None:
    (outcome,) = take(body("hello", space="nowhere"))
    assert outcome.status is Status.QUARANTINED
    assert not Message.objects.exists()


def test_a_flood_inside_one_batch_is_seen_as_one() -> None:
    outcomes = take(*(body(f"buy now quickly friends {n}", f"nonce-{n:04}") for n in range(12)))
    assert outcomes[0].verdict_action == "allow"
    assert outcomes[-1].verdict_action != "allow"


def test_an_edit_is_judged_again_and_only_the_author_may_edit() -> None:
    (outcome,) = take(body("harmless words"))
    message = external_id("ann", "nonce-0001")
    given = {"space": "lobby", "message_id": message, "sent_at": clock.now()}
    (edited,) = take(edit_body(visitor="ann", name="ann", text=SCAM, **given))
    assert (edited.status, edited.message_id) == (Status.RECORDED, outcome.message_id)
    assert edited.verdict_action != "allow"
    (stolen,) = take(edit_body(visitor="eve", name="eve", text="mine now", **given))
    assert stolen.status is Status.QUARANTINED


def test_a_message_taken_back_is_gone() -> None:
    take(body("oops"))
    message = external_id("ann", "nonce-0001")
    take(delete_body(space="lobby", visitor="ann", name="ann", message_id=message, sent_at=clock.now()))
    assert Message.objects.get().visible is False


@pytest.mark.parametrize("text", ["x" * 100_000, "🚀" * 10_000, "\u202e\u200b\u2066" * 500 + "abc", "a\x00b"])
def test_odd_texts_get_a_clear_outcome(text: str) -> None:
    (outcome,) = take(body(text))
    assert outcome.status in (Status.RECORDED, Status.QUARANTINED)


@pytest.mark.django_db(transaction=True)
def test_when_the_database_refuses_everybody_is_told_and_nothing_was_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_batch: object) -> list[Outcome]:
        raise OperationalError("database is locked")

    monkeypatch.setattr(batcher, "ingest", refuse)
    waiting = [batcher.submit(Raw(PLATFORM, body("x", f"nonce-{n:04}"), clock.now())) for n in range(3)]
    for future in waiting:
        with pytest.raises(OperationalError):
            future.result(10)

    def last(batch: list[Raw]) -> list[Outcome]:
        try:
            return pipeline.ingest(batch)
        finally:
            connection.close()  # the thread's own, so that the test database can be dropped

    monkeypatch.setattr(batcher, "ingest", last)
    outcome = batcher.submit(Raw(PLATFORM, body("back again"), clock.now())).result(10)
    assert outcome.status is Status.RECORDED


@pytest.mark.parametrize("error", [AttributeError, IndexError, KeyError, TypeError])
def test_whatever_an_adapter_stumbles_over_is_put_aside_whole(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(raw: bytes) -> None:
        raise error("odd")

    monkeypatch.setattr(registry.get(PLATFORM), "parse", stumble, raising=False)
    (outcome,) = take(body("hello"))
    assert outcome.status is Status.QUARANTINED
    assert Quarantine.objects.count() == 1
