"""Two colleagues, two processes: what is done to one ticket at the same moment is done once, and said."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection

from guildhall.core import clock
from guildhall.core.errors import Conflict
from guildhall.desk.actions import tickets
from guildhall.desk.models import Entry, Ticket
from guildhall.desk.tests.counter import colleague, opened

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


def together(deeds: list[Callable[[], object]]) -> list[object]:
    """Do all of these at the same moment, each with a connection of its own; what each gave or raised."""
    gate = threading.Barrier(len(deeds))
    results: list[object] = [None] * len(deeds)

    def run(place: int) -> None:
        try:
            gate.wait()
            results[place] = deeds[place]()
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return results


def test_of_several_answers_to_what_was_seen_one_is_taken_and_the_others_hear_why() -> None:
    ticket, staff = opened(), [colleague(f"Agent{number}") for number in range(AT_ONCE)]
    told = together(
        [
            partial(tickets.reply, ticket.pk, by=by, text="It arrived.", where="private", revision=0)
            for by in staff
        ]
    )
    assert sum(isinstance(one, Entry) for one in told) == 1, told
    assert {one.code for one in told if isinstance(one, Conflict)} == {"ticket_changed"}
    assert Entry.objects.filter(ticket=ticket, kind="reply").count() == 1


def test_questions_that_come_in_by_several_ways_at_once_have_numbers_of_their_own() -> None:
    def batch(name: str) -> list[Ticket]:
        drafts = [tickets.Draft("api", text="?", external_key=f"{name}{number}") for number in range(5)]
        return tickets.open_many(drafts, by="token:1", at=clock.now())

    told = together([partial(batch, name) for name in "abcd"])
    assert all(isinstance(one, list) for one in told), told
    numbers = list(Ticket.objects.values_list("number", flat=True))
    assert len(set(numbers)) == len(numbers) == 20
