"""What the Effects pages and Today can tell."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from guildhall.core import clock
from guildhall.core.errors import Permanent, Temporary, Uncertain
from guildhall.core.text import Text
from guildhall.effects import actions, claim, performers, queries, settle, table
from guildhall.effects.actions import NewEffect
from guildhall.effects.models import Effect
from guildhall.effects.queries import Filters
from guildhall.effects.testing import drain
from guildhall.effects.types import Mode

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def queue(*effects):
    with transaction.atomic():
        actions.enqueue_many(effects)


@pytest.fixture
def mixed(perform_with, limit):
    """One of each: done, dead, uncertain, retried, in the future, waiting for a bucket, behind a key,
    unknown.
    """

    def fail(error):
        def perform(effect):
            raise error

        return perform

    perform_with("t.fine")
    perform_with("t.dead", fail(Permanent("no")))
    perform_with("t.doubt", fail(Uncertain("?")))
    perform_with("t.again", fail(Temporary("later", retry_after=300)))
    limit("t.one", 1, 1)
    with clock.freeze(NOON) as time:
        queue(
            NewEffect("t.fine", cause="case:1"), NewEffect("t.dead"), NewEffect("t.doubt", mode=Mode.ONCE),
            NewEffect("t.again", order_key="a"), NewEffect("t.fine", order_key="a"),
            NewEffect("t.fine", due_at=NOON + timedelta(hours=1)),
            NewEffect("t.fine", buckets=("t.one",)), NewEffect("t.fine", buckets=("t.one",)), NewEffect("t.nobody"),
        )  # fmt: skip
        drain()
        yield time


def test_counts_lists_and_reasons(mixed):
    assert queries.counts() == {
        "queued": 5, "leased": 0, "running": 0, "done": 2, "uncertain": 1, "dead": 1, "cancelled": 0,
    }  # fmt: skip
    assert [e.kind for e in queries.uncertain()] == ["t.doubt"]
    assert [e.kind for e in queries.dead()] == ["t.dead"]
    assert [e.cause for e in queries.list_effects(Filters(cause="case:1"))] == ["case:1"]
    assert queries.list_effects(Filters(state="queued", kind="t.fine")).count() == 3
    assert queries.list_effects(Filters(since=NOON + timedelta(seconds=1))).count() == 0
    assert queries.list_effects().first().kind == "t.nobody"
    reasons = [why.en if (why := queries.why_waiting(e)) else None for e in Effect.objects.order_by("id")]
    assert reasons == [
        None, None, None, "It failed and will be tried again.", "An earlier one of the same order must be done first.",
        "Its time has not come.", None, "The rate limit t.one lets it go later.", "No process here knows how to do it.",
    ]  # fmt: skip
    assert all(why.zh for e in Effect.objects.all() if (why := queries.why_waiting(e)))
    assert queries.live_by_kind()[0][0] == "t.fine"


def test_age_and_stuck_speak_of_what_should_have_been_done(mixed):
    assert queries.oldest_queued_age() is None
    assert not queries.stuck()
    mixed.advance(600)
    assert queries.oldest_queued_age() == timedelta(
        seconds=540
    )  # the kind nobody knows was put off by a minute
    assert [e.kind for e in queries.stuck()] == ["t.again", "t.nobody"]
    (lease,) = [x for x in claim.claim("w", 9) if x.kind == "t.again"]
    mixed.advance(700)
    assert lease.id in {e.id for e in queries.stuck()}


def test_throughput_is_told_by_the_minute(mixed):
    mixed.advance(90)
    drain()
    mixed.advance(60)
    found = queries.throughput(minutes=5)
    assert [number for _, number in found] == [0, 0, 0, 2, 1]
    assert found[3][0] == NOON


def test_a_kind_says_what_it_does_in_both_languages(perform_with):
    assert performers.describe("webhook.post").zh
    assert performers.describe("t.nobody") == Text("t.nobody", "t.nobody")
    perform_with("t.twice")
    with pytest.raises(ValueError):
        performers.performer("t.twice", describe=Text("", ""))(print)


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_no_claim_reads_through_finished_effects(mixed):
    statements = [claim._sql(claim._GLANCE), claim._sql(claim._PROMOTE_DUE), claim._sql(claim._CANDIDATES)]
    statements.append(claim._sql(claim._BEHIND, these=table.any_of("c.id")))
    statements.append(claim._sql(claim._HEADS, keys=table.rows_of("k")))
    statements.append(settle._EXPIRED.format(lease=table.using("effect_lease"), these="", lock=""))
    for sql in statements:
        plan = table.run("EXPLAIN QUERY PLAN " + sql, ["[]"] * sql.count("%s"))
        steps = [row[3] for row in plan]
        assert not any(step.startswith("SCAN effects") for step in steps), steps
        assert not any("effect_state" in step for step in steps), steps
    assert connection.vendor == "sqlite"
