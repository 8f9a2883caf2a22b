"""The gate where our own database is the platform: the first message waits, the answer is typed and shown to nobody;
and what is kept of it all, and for how long.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from guildhall.channels.models import Message, Space
from guildhall.channels.webchat import external_id, message_body
from guildhall.core import clock
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.effects.types import Claimed, Mode
from guildhall.guard import freshness, gate_jobs
from guildhall.guard.actions import gates, install_shipped
from guildhall.guard.actions.gates import asking
from guildhall.guard.gates.settings import Kind, Settings, Then
from guildhall.guard.models import GateAttempt, Probation
from guildhall.intake.pipeline import Raw, ingest
from guildhall.people import registry

pytestmark = pytest.mark.django_db
_numbers = count()
SCAM = "Support team here: send your seed phrase to verify your wallet at https://wallet-verify9.top/unlock"


@pytest.fixture
def space() -> Space:
    install_shipped(by="system:test")
    freshness.forget()
    found = Space.objects.create(platform="webchat", external_id="lobby", slug="lobby", name="Lobby")
    gates.set_gate(found.pk, Settings(challenge=Kind.SUM, trial_messages=2), is_on=True, by="staff:1")
    freshness.forget()
    return found


def says(text: str, visitor: str = "v1") -> Message:
    key = external_id(visitor, str(next(_numbers)))
    body = message_body(
        space="lobby",
        visitor=visitor,
        name="Eve",
        message_id=key,
        text=text,
        sent_at=clock.now(),
        language="en",
    )
    (outcome,) = ingest([Raw("webchat", body, clock.now())])
    drain()
    return Message.objects.get(pk=outcome.message_id)


def attempt() -> GateAttempt:
    found = GateAttempt.objects.order_by("-id").first()
    assert found is not None
    return found


def told() -> list[str]:
    return list(Message.objects.filter(direction="out").order_by("id").values_list("text", flat=True))


def test_the_first_message_is_shown_once_the_question_is_answered(space: Space) -> None:
    first = says("hello, how are fees counted?")
    assert not first.visible
    assert "plus" in told()[-1]
    wrong = says("no idea")
    assert not wrong.visible
    assert "not it" in told()[-1]
    number = asking.challenge_of(attempt()).number
    answer = says(f"it is {number}")
    assert attempt().state == "passed"
    first.refresh_from_db()
    assert first.visible
    assert not answer.visible
    assert "Welcome" in told()[-1]
    assert says("thank you").visible
    assert Probation.objects.get().clean_left == 1


def test_what_the_guard_removed_does_not_come_back_with_the_answer(space: Space) -> None:
    first = says(SCAM)
    number = asking.challenge_of(attempt()).number
    says(str(number))
    assert attempt().state == "passed"
    first.refresh_from_db()
    assert not first.visible


def test_who_wrote_here_before_is_not_asked(space: Space) -> None:
    gates.set_gate(space.pk, Settings(), is_on=False, by="staff:1")
    freshness.forget()
    assert says("hello").visible
    gates.set_gate(space.pk, Settings(), is_on=True, by="staff:1")
    freshness.forget()
    assert says("me again").visible
    assert not GateAttempt.objects.exists()


def test_after_the_last_try_nothing_of_theirs_is_shown(space: Space) -> None:
    gates.set_gate(space.pk, Settings(challenge=Kind.SUM, tries=1, on_failure=Then.KICK), is_on=True, by="s")
    freshness.forget()
    says("hello")
    says("no idea")
    assert attempt().state == "failed"
    for _ in range(4):
        assert not says("let me in").visible


def test_an_erased_member_leaves_no_trace_and_what_is_old_is_forgotten(space: Space) -> None:
    says("hello")
    account = attempt().account
    (row,) = registry.exporters["gates"](account.member_id)
    assert row["state"] == "waiting"
    gate_jobs.erase(account.member_id)
    gate_jobs.erase(account.member_id)
    assert not GateAttempt.objects.exists()
    says("hello again")
    GateAttempt.objects.update(state="expired", ended_at=clock.now() - timedelta(days=91))
    done = gate_jobs.trim(Claimed(1, gate_jobs.TRIM, {}, 1, Mode.REPEATABLE, "", clock.now()))
    assert done.result["attempts"] == 1


def test_an_attempt_ends_in_time_even_if_the_house_was_away_meanwhile(space: Space) -> None:
    first = says("hello")
    assert Effect.objects.filter(kind=asking.EXPIRE).count() == 1
    with clock.freeze(clock.now() + timedelta(hours=3)):
        drain()
        assert attempt().state == "expired"
        drain()
    first.refresh_from_db()
    assert not first.visible
