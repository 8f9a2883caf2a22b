"""Whatever the order of claims, ends, kills and expired leases: nothing is lost, keys keep their order,
doubt is bounded.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildhall.core import clock
from guildhall.effects import actions, claim, settle
from guildhall.effects.actions import NewEffect
from guildhall.effects.lifecycle import Event
from guildhall.effects.models import Bucket, Effect
from guildhall.effects.settle import Outcome
from guildhall.effects.testing import drain
from guildhall.effects.types import Mode

WORKERS = st.sampled_from(["w1", "w2", "w3"])
queued = st.tuples(
    st.just("queue"),
    st.lists(
        st.tuples(st.sampled_from(["", "a", "a", "b"]), st.sampled_from(list(Mode)), st.booleans()),
        min_size=1,
        max_size=3,
    ),
)
claimed = st.tuples(st.just("claim"), WORKERS, st.integers(1, 6))
begun = st.tuples(st.just("begin"), WORKERS, st.integers(1, 3))
ended = st.tuples(
    st.just("end"),
    WORKERS,
    st.sampled_from([Event.DONE] * 4 + [Event.TEMPORARY, Event.PERMANENT, Event.UNCERTAIN, Event.UNFORESEEN]),
    st.integers(0, 3),
)
steps = st.one_of(
    queued,
    queued,
    claimed,
    claimed,
    begun,
    begun,
    ended,
    ended,
    st.tuples(st.just("kill"), WORKERS),
    st.tuples(st.just("freeze"), WORKERS),
    st.tuples(st.just("pass"), st.sampled_from([1, 5, 16, 60])),
    st.tuples(st.just("reap")),
)


@dataclass
class Hand:
    """What one worker process holds in memory."""

    owner: str
    held: list = field(default_factory=list)
    begun: list = field(default_factory=list)


@dataclass
class World:
    """What really happened outside, beside what the database believes."""

    time: object
    hands: dict = field(default_factory=lambda: {w: Hand(w) for w in ("w1", "w2", "w3")})
    zombies: list = field(default_factory=list)
    begun: dict = field(default_factory=dict)
    surely_not: set = field(default_factory=set)
    queued: int = 0
    doubts: int = 0

    def queue(self, effects):
        with transaction.atomic():
            self.queued += actions.enqueue_many(
                NewEffect("t.x", mode=mode, order_key=key, buckets=("t.slow",) if slow else ())
                for key, mode, slow in effects
            )

    def claim(self, worker, limit):
        hand = self.hands[worker]
        hand.held += claim.claim(hand.owner, limit)

    def begin(self, worker, number):
        hand = self.hands[worker]
        batch, hand.held = hand.held[:number], hand.held[number:]
        once = [lease for lease in batch if lease.mode is Mode.ONCE]
        with transaction.atomic():
            started = claim.start(once)
        for lease in [x for x in batch if x.mode is Mode.REPEATABLE] + started:
            if lease.mode is Mode.ONCE:
                assert lease.id not in self.begun or lease.id in self.surely_not, (
                    "a ONCE effect was begun twice"
                )
                self.surely_not.discard(lease.id)
            if Effect.objects.filter(pk=lease.id, lease_owner=hand.owner, attempts=lease.attempt).exists():
                self.assert_first_of_its_key(lease)
            self.begun[lease.id] = self.begun.get(lease.id, 0) + 1
            hand.begun.append(lease)

    def assert_first_of_its_key(self, lease):
        if lease.order_key:
            mine = Effect.objects.filter(order_key=lease.order_key)
            assert not mine.filter(id__lt=lease.id, state__in=["queued", "leased", "running"]).exists()
            assert not mine.filter(state__in=["leased", "running"]).exclude(id=lease.id).exists()

    def end(self, worker, event, next_limit):
        hand = self.hands[worker]
        outcomes = [Outcome(lease, event) for lease in hand.begun]
        settled = settle.settle(hand.owner, outcomes, next_limit=next_limit)
        ours = [lease for lease in hand.begun if lease.id not in settled.lost]
        once = [lease.id for lease in ours if lease.mode is Mode.ONCE]
        if event is Event.TEMPORARY:
            self.surely_not |= set(once)
        elif event in (Event.UNCERTAIN, Event.UNFORESEEN):
            self.doubts += len(once)
        hand.begun = []
        hand.held += settled.next

    def kill(self, worker):
        self.doubts += sum(lease.mode is Mode.ONCE for lease in self.hands[worker].begun)
        self.hands[worker] = Hand(self.hands[worker].owner + "'")

    def freeze(self, worker):
        """The process hangs past its leases; what it believed to hold comes back later, as a zombie's
        word.
        """
        self.doubts += sum(lease.mode is Mode.ONCE for lease in self.hands[worker].begun)
        self.zombies += self.hands[worker].begun + self.hands[worker].held
        self.hands[worker] = Hand(self.hands[worker].owner + "'")
        self.time.advance(16)
        settle.reap()

    def wake_zombies(self):
        for lease in self.zombies:
            before = Effect.objects.values_list("state", "attempts").get(pk=lease.id)
            settled = settle.settle(lease.owner, [Outcome(lease, Event.DONE, {"zombie": True})])
            with transaction.atomic():
                assert claim.start([lease]) == []
            assert settled.lost == [lease.id]
            assert Effect.objects.values_list("state", "attempts").get(pk=lease.id) == before


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=10, max_size=60))
def test_any_interleaving_keeps_the_promises(perform_with, limit, script):
    perform_with("t.x")
    limit("t.slow", 2, 2)
    Effect.objects.all().delete()
    Bucket.objects.all().delete()
    with clock.freeze(datetime(2026, 11, 23, tzinfo=UTC)) as time:
        world = World(time)
        for what, *given_ in script:
            match what:
                case "pass":
                    time.advance(given_[0])
                    for hand in world.hands.values():
                        claim.extend(hand.held + hand.begun)
                case "reap":
                    settle.reap()
                case _:
                    getattr(world, what)(*given_)
        world.wake_zombies()
        for worker in world.hands:
            world.kill(worker)
        time.advance(16)
        settle.reap()
        assert settle.heal() == 0, "an effect was stranded behind its key"
        for _ in range(80):
            drain()
            time.advance(900)
        states = list(Effect.objects.values_list("state", flat=True))
        assert len(states) == world.queued
        assert set(states) <= {"done", "dead", "uncertain"}
        assert states.count("uncertain") <= world.doubts
