"""After a lost lease, a kill, a doubt: who may write, what is uncertain, and what a person can decide."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from guildhall.core import clock
from guildhall.core.errors import Conflict, NotFound, Permanent, Temporary, Uncertain
from guildhall.core.models import AuditEntry
from guildhall.effects import actions, claim, settle
from guildhall.effects.actions import NewEffect
from guildhall.effects.lifecycle import Event
from guildhall.effects.models import Effect
from guildhall.effects.settle import Outcome
from guildhall.effects.testing import drain
from guildhall.effects.types import Mode

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def at_noon():
    with clock.freeze(NOON) as held:
        yield held


def queue(*effects):
    with transaction.atomic():
        return actions.enqueue_many(effects)


def states():
    return list(Effect.objects.order_by("id").values_list("state", flat=True))


def one():
    return Effect.objects.get()


def test_a_worker_that_lost_its_lease_can_note_nothing(perform_with, at_noon):
    perform_with("t.slow")
    queue(NewEffect("t.slow"))
    (old,) = claim.claim("first", 1)
    at_noon.advance(16)
    assert settle.reap() == 1
    (new,) = claim.claim("second", 1)
    ran = []
    late = settle.settle("first", [Outcome(old, Event.DONE, record=lambda: ran.append(1))])
    assert late.lost == [old.id]
    assert not ran
    assert one().state == "leased"
    claim.extend([old])
    assert settle.settle("second", [Outcome(new, Event.DONE)]).lost == []
    assert (one().state, one().attempts) == ("done", 2)


def test_a_heartbeat_keeps_a_lease_however_long_the_work_takes(perform_with, at_noon):
    perform_with("t.long")
    queue(NewEffect("t.long"))
    leases = claim.claim("w", 1)
    for _ in range(10):
        at_noon.advance(10)
        claim.extend(leases)
        assert settle.reap() == 0


def test_after_a_kill_only_once_effects_that_were_begun_are_uncertain(perform_with, at_noon):
    perform_with("t.send")
    queue(*[NewEffect("t.send", {"n": n}, Mode.ONCE) for n in range(5)], NewEffect("t.send"))
    leases = claim.claim("w", 6)
    with transaction.atomic():
        assert len(claim.start(leases[:2])) == 2
    at_noon.advance(16)
    assert settle.reap() == 6
    assert states() == ["uncertain"] * 2 + ["queued"] * 4
    assert list(Effect.objects.order_by("id").values_list("attempts", flat=True)) == [1, 1, 0, 0, 0, 1]
    with transaction.atomic():
        assert claim.start(leases) == []


def test_an_expired_key_holder_lets_the_next_go(perform_with, at_noon):
    perform_with("t.send")
    queue(*[NewEffect("t.send", mode=Mode.ONCE, order_key="a") for n in range(3)])
    leases = claim.claim("w", 3)
    assert len(leases) == 1
    with transaction.atomic():
        claim.start(leases)
    at_noon.advance(16)
    settle.reap()
    drain()
    assert states() == ["uncertain", "done", "done"]


def test_finishing_an_ordered_effect_claims_the_next_of_its_key_directly(perform_with, at_noon):
    perform_with("t.send")
    queue(*[NewEffect("t.send", order_key="a") for _ in range(3)])
    (first,) = claim.claim("w", 3)
    (second,) = settle.settle("w", [Outcome(first, Event.DONE)], next_limit=5).next
    assert second.id > first.id
    assert settle.settle("w", [Outcome(second, Event.DONE)], next_limit=0).next == []
    assert len(claim.claim("w", 3)) == 1


def test_a_worker_that_stops_gives_back_what_it_had_not_begun(perform_with, at_noon):
    perform_with("t.send")
    queue(NewEffect("t.send", mode=Mode.ONCE), NewEffect("t.send", order_key="a"))
    leases = claim.claim("w", 2)
    settle.settle("w", [Outcome(lease, Event.GIVEN_BACK) for lease in leases])
    assert states() == ["queued", "queued"]
    assert drain() == 2
    assert set(Effect.objects.values_list("attempts", flat=True)) == {1}


def test_a_person_settles_a_doubt_and_it_is_audited(perform_with, at_noon):
    def send(effect):
        raise Uncertain("the line broke")

    perform_with("t.send", send)
    queue(NewEffect("t.send", mode=Mode.ONCE), NewEffect("t.send", mode=Mode.ONCE))
    drain()
    first, second = Effect.objects.order_by("id")
    actions.resolve_uncertain(first.id, "staff:1", happened=True)
    actions.resolve_uncertain(second.id, "staff:1", happened=False)
    assert states() == ["done", "queued"]
    assert [
        (e.verb, e.actor, e.subject)
        for e in AuditEntry.objects.filter(subject__startswith="effect:").order_by("id")
    ] == [
        ("effect.it_happened", "staff:1", f"effect:{first.id}"),
        ("effect.it_did_not_happen", "staff:1", f"effect:{second.id}"),
    ]
    with pytest.raises(Conflict):
        actions.resolve_uncertain(first.id, "staff:1", happened=False)
    with pytest.raises(NotFound):
        actions.retry(10**9, "staff:1")


def test_giving_up_frees_the_key_and_a_dead_effect_may_start_over(perform_with, at_noon):
    def send(effect):
        if effect.payload["n"] == 0:
            raise Temporary("never", retry_after=10**6)
        if effect.payload["n"] == 1 and effect.attempt == 1 and not seen:
            seen.append(1)
            raise Permanent("no")

    seen = []
    perform_with("t.send", send)
    queue(*[NewEffect("t.send", {"n": n}, order_key="a") for n in range(3)])
    drain()
    assert states() == ["queued", "queued", "queued"]
    actions.give_up(Effect.objects.earliest("id").id, "staff:1", "obsolete")
    drain()
    assert states() == ["cancelled", "dead", "done"]
    actions.retry(Effect.objects.get(state="dead").id, "staff:1")
    drain()
    assert states() == ["cancelled", "done", "done"]
    assert "obsolete" in Effect.objects.earliest("id").error


def test_a_restarted_old_effect_waits_for_the_one_of_its_key_in_hand(perform_with, at_noon):
    def send(effect):
        if effect.payload["n"] == 0 and effect.attempt == 1 and not tried:
            tried.append(1)
            raise Permanent("no")

    tried = []
    perform_with("t.send", send)
    queue(*[NewEffect("t.send", {"n": n}, order_key="a") for n in range(3)])
    drain(limit=1)
    assert states() == ["dead", "queued", "queued"]
    (held,) = claim.claim("w", 5)
    actions.retry(Effect.objects.earliest("id").id, "staff:1")
    assert claim.claim("v", 5) == []
    settle.settle("w", [Outcome(held, Event.DONE)])
    (first,) = claim.claim("v", 5)
    assert first.payload == {"n": 0}
