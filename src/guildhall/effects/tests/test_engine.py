"""What rooms get from the engine: order, limits, retries, uniqueness, and a person's say in doubt."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, transaction

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, Permanent, Temporary, Uncertain
from guildhall.effects import actions, claim, settle
from guildhall.effects.actions import NewEffect
from guildhall.effects.models import Bucket, Effect
from guildhall.effects.testing import drain
from guildhall.effects.types import Done, Mode, State

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


def test_an_effect_is_done_once_with_what_it_was_given(perform_with, at_noon):
    seen = []
    perform_with("t.say", lambda e: seen.append(e) or Done({"ok": 1}))
    queue(NewEffect("t.say", {"text": "你好 \x00 \ud800"}, cause="case:1"))
    assert drain() == 1
    assert drain() == 0
    assert seen[0].payload == {"text": "你好 \x00 \ud800"}
    assert (seen[0].attempt, seen[0].cause, seen[0].created_at) == (1, "case:1", NOON)
    assert (one().state, one().result, one().finished_at) == ("done", {"ok": 1}, NOON)


@pytest.mark.django_db(transaction=True)
def test_queueing_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError):
        actions.enqueue(NewEffect("t.say"))


def test_an_effect_vanishes_with_the_transaction_that_caused_it():
    def change_of_mind():
        with transaction.atomic():
            actions.enqueue(NewEffect("t.say"))
            raise KeyError

    with pytest.raises(KeyError):
        change_of_mind()
    assert not Effect.objects.exists()


def test_the_same_unique_key_again_is_ignored_and_with_another_body_refused():
    assert queue(NewEffect("t.say", {"n": 1}, unique_key="k")) == 1
    assert (
        queue(NewEffect("t.say", {"n": 1}, unique_key="k"), NewEffect("t.say", {"n": 2}, unique_key="l")) == 1
    )
    for other in ({"n": 2}, {"n": 1, "x": None}):
        with pytest.raises(Conflict):
            queue(NewEffect("t.say", other, unique_key="k"))
    with pytest.raises(Conflict):
        queue(NewEffect("t.say", {"n": 1}, unique_key="k", mode=Mode.ONCE))
    with pytest.raises(Conflict):
        queue(NewEffect("t.say", {"n": 1}, unique_key="m"), NewEffect("t.say", {"n": 9}, unique_key="m"))
    assert queue(NewEffect("t.a", {}, unique_key="n"), NewEffect("t.a", {}, unique_key="n")) == 1
    assert Effect.objects.count() == 3


@pytest.mark.parametrize(
    "wrong",
    [
        NewEffect("t.say", {"at": NOON}), NewEffect("t.say", {"x": float("nan")}), NewEffect("t" * 81),
        NewEffect("t.say", order_key="a\x00b"), NewEffect("t.say", unique_key="\ud800"),
        NewEffect("t.say", buckets=("b" * 101,)),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_by_name_before_anything_is_written(wrong):
    with pytest.raises(BadInput) as refused:
        queue(NewEffect("t.fine"), wrong)
    assert refused.value.field
    assert refused.value.row == 1
    assert not Effect.objects.exists()


def test_effects_of_one_key_are_done_in_order_whatever_their_priority(perform_with, at_noon):
    seen = []
    perform_with("t.n", lambda e: seen.append(e.payload["n"]))
    queue(*[NewEffect("t.n", {"n": n}, order_key="chat:1", priority=100 - n) for n in range(9)])
    queue(*[NewEffect("t.n", {"n": n}, order_key="chat:1") for n in range(9, 12)])
    assert drain() == 12
    assert seen == list(range(12))


def test_urgent_effects_go_first_and_equal_ones_by_age(perform_with, at_noon):
    seen = []
    perform_with("t.n", lambda e: seen.append(e.payload["n"]))
    queue(*[NewEffect("t.n", {"n": n}, priority=p) for n, p in enumerate([100, 10, 100, 10])])
    drain()
    assert seen == [1, 3, 0, 2]


def test_a_retry_holds_up_its_key_and_nothing_else(perform_with, at_noon):
    seen = []

    def send(effect):
        if effect.payload["n"] == 1 and effect.attempt < 3:
            raise Temporary("flood", retry_after=30)
        seen.append(effect.payload["n"])

    perform_with("t.send", send)
    queue(
        *[NewEffect("t.send", {"n": n}, order_key="a") for n in (1, 2)],
        NewEffect("t.send", {"n": 3}, order_key="b"),
    )
    drain()
    assert seen == [3]
    at_noon.advance(30)
    drain()
    assert seen == [3]
    at_noon.advance(30)
    drain()
    assert seen == [3, 1, 2]


@pytest.mark.parametrize(
    "error, state", [(Uncertain("?"), "uncertain"), (Permanent("no"), "dead"), (OSError("x"), "uncertain")]
)
def test_an_effect_left_to_a_person_lets_the_next_of_its_key_go(perform_with, at_noon, error, state):
    def send(effect):
        if effect.payload["n"] == 1:
            raise error

    perform_with("t.send", send)
    queue(*[NewEffect("t.send", {"n": n}, Mode.ONCE, order_key="a") for n in (1, 2)])
    drain(raise_unforeseen=False)
    assert states() == [state, "done"]


def test_an_effect_that_is_not_due_waits_for_its_time(perform_with, at_noon):
    perform_with("t.later")
    queue(NewEffect("t.later", due_at=NOON + timedelta(hours=1)))
    assert drain() == 0
    assert claim.glance() == claim.Glance(False, NOON + timedelta(hours=1))
    at_noon.advance(3600)
    assert drain() == 1


def test_a_bucket_spreads_effects_over_time_and_tells_when(perform_with, limit, at_noon):
    perform_with("t.send")
    limit("t.chat:", 1, 3)
    queue(*[NewEffect("t.send", {"n": n}, buckets=("t.chat:7",)) for n in range(6)])
    assert drain() == 3
    assert claim.glance().next_at == NOON + timedelta(seconds=1)
    assert Effect.objects.filter(state="queued").earliest("id").due_at == NOON + timedelta(seconds=1)
    done = []
    for _ in range(4):
        at_noon.advance(1)
        done.append(drain())
    assert done == [1, 1, 1, 0]
    assert Bucket.objects.get().wake_at is None


def test_an_urgent_effect_overtakes_those_already_waiting_for_the_bucket(perform_with, limit, at_noon):
    seen = []
    perform_with("t.n", lambda e: seen.append(e.payload["n"]))
    limit("t.b", 1, 1)
    queue(*[NewEffect("t.n", {"n": n}, buckets=("t.b",)) for n in range(3)])
    drain()
    queue(NewEffect("t.n", {"n": 9}, buckets=("t.b",), priority=1))
    for _ in range(4):
        at_noon.advance(1)
        drain()
    assert seen == [0, 9, 1, 2]


def test_an_effect_draws_from_all_its_buckets_or_from_none(perform_with, limit, at_noon):
    perform_with("t.send")
    limit("t.all", 10, 2)
    limit("t.chat:", 1, 1)
    queue(
        *[NewEffect("t.send", buckets=("t.all", "t.chat:1")) for _ in range(2)],
        NewEffect("t.send", buckets=("t.all", "t.chat:2")),
    )
    assert drain() == 2
    assert states() == ["done", "queued", "done"]
    at_noon.advance(1)
    assert drain() == 1


def test_a_full_bucket_does_not_hold_up_effects_of_others(perform_with, limit, at_noon):
    perform_with("t.send")
    limit("t.slow", 1, 1)
    queue(*[NewEffect("t.send", buckets=("t.slow",)) for _ in range(60)], NewEffect("t.send"))
    assert drain() == 2
    assert Effect.objects.latest("id").state == "done"


def test_a_failure_nobody_foresaw_is_retried_with_growing_waits_then_dead(perform_with, at_noon):
    perform_with("t.bug", lambda e: 1 / 0)
    queue(NewEffect("t.bug"))
    for _ in range(10):
        assert drain(raise_unforeseen=False) == 1
        at_noon.advance(3600)
    assert (one().state, one().attempts) == ("dead", 10)
    assert "ZeroDivisionError" in one().error
    actions.retry(one().id, "staff:1")
    with pytest.raises(ZeroDivisionError):
        drain()
    assert one().attempts == 1


def test_a_temporary_failure_is_tried_for_ever_unless_a_number_is_set(perform_with, at_noon):
    def fail(effect):
        raise Temporary("busy")

    perform_with("t.ever", fail)
    perform_with("t.thrice", fail, max_attempts=3)
    queue(NewEffect("t.ever"), NewEffect("t.thrice"))
    for _ in range(20):
        drain()
        at_noon.advance(3600)
    assert states() == ["queued", "dead"]


def test_an_effect_of_a_kind_nobody_knows_waits_and_costs_no_try(perform_with, at_noon):
    queue(NewEffect("t.unknown"))
    drain()
    assert (one().state, one().attempts) == ("queued", 0)
    assert "t.unknown" in one().error
    perform_with("t.unknown")
    at_noon.advance(60)
    drain()
    assert one().state == "done"


def test_trouble_with_our_own_database_is_waited_out_but_a_send_in_its_midst_is_in_doubt(
    perform_with, at_noon
):
    def fail(effect):
        raise OperationalError("server closed the connection")

    perform_with("t.db", fail)
    queue(NewEffect("t.db"), NewEffect("t.db", mode=Mode.ONCE))
    for _ in range(20):
        drain(raise_unforeseen=False)
        at_noon.advance(3600)
    assert states() == ["queued", "uncertain"]


def test_a_result_that_cannot_be_kept_undoes_its_record(perform_with, at_noon):
    row = Bucket(name="r", tokens=1, at=1)
    perform_with("t.odd", lambda e: Done({"at": NOON}, lambda: row.save(force_insert=True)), max_attempts=1)
    queue(NewEffect("t.odd"))
    drain()
    assert one().state == "dead"
    assert "not recorded" in one().error
    assert not Bucket.objects.exists()


def test_what_is_recorded_and_that_it_is_done_hold_together(perform_with, at_noon):
    perform_with(
        "t.rec", lambda e: Done(record=lambda: Bucket.objects.create(name=f"r{e.id}", tokens=1, at=1))
    )
    queue(NewEffect("t.rec"))
    drain()
    assert (one().state, Bucket.objects.count()) == ("done", 1)


def test_one_failing_record_spoils_no_other(perform_with, at_noon):
    def record_twice():
        Bucket.objects.create(name="same", tokens=1, at=1)
        raise IntegrityError("broken")

    perform_with(
        "t.good", lambda e: Done(record=lambda: Bucket.objects.create(name=f"r{e.id}", tokens=1, at=1))
    )
    perform_with("t.bad", lambda e: Done(record=record_twice))
    queue(NewEffect("t.good"), NewEffect("t.bad"), NewEffect("t.bad", mode=Mode.ONCE), NewEffect("t.good"))
    leases = claim.claim("w", 10)
    with transaction.atomic():
        claim.start([lease for lease in leases if lease.mode is Mode.ONCE])
    from guildhall.effects.performing import perform

    settle.settle("w", [perform(lease)[0] for lease in leases])
    assert states() == ["done", "queued", "uncertain", "done"]
    assert not Bucket.objects.filter(name="same").exists()
    assert Bucket.objects.count() == 2


def test_a_first_one_ignored_as_duplicate_does_not_strand_the_rest_of_its_key(perform_with, at_noon):
    perform_with("t.send")
    queue(NewEffect("t.send", {"n": 0}, order_key="a", unique_key="u"))
    drain()
    queue(
        NewEffect("t.send", {"n": 0}, order_key="a", unique_key="u"),
        NewEffect("t.send", {"n": 1}, order_key="a"),
    )
    assert drain() == 1


def test_what_waits_for_a_key_with_nothing_ahead_is_healed(perform_with, at_noon):
    perform_with("t.send")
    queue(NewEffect("t.send", order_key="a"))
    assert settle.heal() == 0
    Effect.objects.update(waiting_for="key")
    assert drain() == 0
    assert settle.heal() == 1
    assert drain() == 1


def test_a_database_refuses_an_uncertain_effect_that_may_be_repeated():
    queue(NewEffect("t.send"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Effect.objects.update(state=State.UNCERTAIN)
