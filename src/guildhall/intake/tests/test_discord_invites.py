"""Which invite somebody came by: certain only where nothing else is possible, ambiguous otherwise, never
guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from guildhall.channels.discord.attributing import Compared, Known, attribute, compare
from guildhall.channels.discord.models import DiscordInvite
from guildhall.channels.models import SpaceMember
from guildhall.core import clock
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.intake.tests.discord_scene import Town, discord_town, wait_for

NOW = clock.now()


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    with discord_town(monkeypatch, tmp_path) as made:
        made.open().settled()
        yield made


def ours(town: Town, code: str, name: str = "") -> None:
    """Note that an invite was made by us, under a name."""
    wait_for(lambda: DiscordInvite.objects.filter(code=code).exists(), "the invite")
    DiscordInvite.objects.filter(code=code).update(by="system:campaign", name=name)


def joined(town: Town, name: str, code: str = "") -> str:
    person = town.dc.add_user(name)
    town.dc.join(town.guild, person, code)
    wait_for(lambda: SpaceMember.objects.filter(account__external_id=person).exists(), name)
    return person


def settle() -> None:
    """Have the effects of joins carried out now, whatever time they wait for."""
    for _ in range(3):
        Effect.objects.filter(kind__startswith="discord.", state="queued").update(
            due_at=clock.now() - timedelta(seconds=1), waiting_for=""
        )
        drain()


def invite_of(person: str) -> str:
    return SpaceMember.objects.get(account__external_id=person).invite


@pytest.mark.django_db(transaction=True)
def test_a_single_use_invite_of_ours_that_vanished_names_who_came_by_it(town: Town) -> None:
    code = town.dc.invite(town.guild, max_uses=1)
    ours(town, code, "spring-2027")
    settle()
    bob = joined(town, "bob", code)
    settle()
    assert invite_of(bob) == "spring-2027"
    assert DiscordInvite.objects.get(code=code).state == DiscordInvite.State.USED


@pytest.mark.django_db(transaction=True)
def test_an_invite_for_many_only_may_have_been_it(town: Town) -> None:
    code = town.dc.invite(town.guild)
    ours(town, code)
    settle()
    bob = joined(town, "bob", code)
    settle()
    assert invite_of(bob) == f"ambiguous:{code}"


@pytest.mark.django_db(transaction=True)
def test_two_who_came_together_are_not_told_apart(town: Town) -> None:
    first, second = (town.dc.invite(town.guild, max_uses=1) for _ in range(2))
    ours(town, first)
    ours(town, second)
    settle()
    people = [joined(town, "bob", first), joined(town, "ann", second)]
    settle()
    assert all(invite_of(person).startswith("ambiguous:") for person in people)


@pytest.mark.django_db(transaction=True)
def test_who_came_without_an_invite_is_given_none_and_makes_others_doubtful(town: Town) -> None:
    code = town.dc.invite(town.guild, max_uses=1)
    ours(town, code)
    settle()
    stranger = joined(town, "stranger")
    settle()
    assert invite_of(stranger) == ""
    bob = joined(town, "bob", code)
    settle()
    assert invite_of(bob) == f"ambiguous:{code}"


@pytest.mark.django_db(transaction=True)
def test_an_invite_somebody_deleted_was_not_used(town: Town) -> None:
    code = town.dc.invite(town.guild, max_uses=1)
    ours(town, code)
    settle()
    town.dc.drop_invite(town.guild, code)
    wait_for(lambda: DiscordInvite.objects.get(code=code).state == DiscordInvite.State.REVOKED, "it to go")
    bob = joined(town, "bob")
    settle()
    assert invite_of(bob) == ""


def known(code: str, uses: int = 0, most: int = 1, *, is_ours: bool = True, old: bool = False) -> Known:
    return Known(code, uses, most, is_ours, NOW - timedelta(1) if old else None)


@pytest.mark.parametrize(
    ("before", "now", "used", "single"),
    [
        ([known("a")], {}, ("a",), ("a",)),
        ([known("a", is_ours=False)], {}, ("a",), ()),
        ([known("a", old=True)], {}, ("a",), ()),
        ([known("a", 4, 5)], {}, ("a",), ()),
        ([known("a", 1, 5)], {}, (), ()),
        ([known("a", 1, 0)], {"a": 2}, ("a",), ()),
        ([known("a", 1, 0), known("b")], {"a": 1}, ("b",), ("b",)),
        ([], {"new": 1}, (), ()),
    ],
)
def test_what_two_looks_at_invites_tell(
    before: list[Known], now: dict[str, int], used: tuple[str, ...], single: tuple[str, ...]
) -> None:
    assert compare(before, now, NOW) == Compared(used, single)


@pytest.mark.parametrize(
    ("compared", "people", "competing", "found"),
    [
        (Compared(("a",), ("a",)), ["1"], False, ["a"]),
        (Compared(("a",), ("a",)), ["1"], True, ["ambiguous:a"]),
        (Compared(("a",), ("a",)), ["1", "2"], False, ["ambiguous:a"] * 2),
        (Compared(("a", "b"), ("a",)), ["1"], False, ["ambiguous:a,b"]),
        (Compared(("a",), ()), ["1"], False, ["ambiguous:a"]),
        (Compared((), ()), ["1"], False, [""]),
    ],
)
def test_only_one_thing_is_certain(
    compared: Compared, people: list[str], competing: bool, found: list[str]
) -> None:
    assert list(attribute(compared, people, competing=competing).values()) == found
