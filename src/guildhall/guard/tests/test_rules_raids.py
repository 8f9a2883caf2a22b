"""What makes people coming in a raid, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from guildhall.guard.raids import Joined, Said, assess, born_at, shape_of
from guildhall.guard.tests.world import NOW
from guildhall.guard.types import RaidLimits

LIMITS = RaidLimits()
WORDS = [
    "sun",
    "river",
    "stone",
    "maple",
    "cloud",
    "amber",
    "tiger",
    "lotus",
    "wind",
    "coral",
    "frost",
    "raven",
    "olive",
    "pearl",
    "sage",
    "ivory",
]


def people(count: int, *, within_s: float, name: str = "", born: datetime | None = None) -> list[Joined]:
    random = Random(count)
    out = []
    for n in range(count):
        honest = random.choice(WORDS) + random.choice(WORDS)
        username = name.format(n=n) if name else honest + (str(random.randrange(99)) if n % 3 == 0 else "")
        made = born or NOW - timedelta(days=random.randrange(60, 2500))
        at = NOW - timedelta(seconds=within_s * n / count)
        out.append(Joined(f"account-{n}", at, made, shape_of(honest.title(), username)))
    return out


def test_forty_accounts_of_one_name_pattern_within_a_minute_are_a_raid() -> None:
    found = assess(people(40, within_s=60, name="trader_{n}"), 0.2, LIMITS, Said(), NOW)
    assert found.is_raid
    assert {one.kind for one in found.evidence} == {"rate", "names"}


def test_forty_accounts_made_yesterday_are_a_raid_whatever_their_names() -> None:
    made = NOW - timedelta(days=1)
    found = assess(people(40, within_s=60, born=made), 0.2, LIMITS, Said(), NOW)
    assert found.is_raid
    assert {"ages", "together"} <= {one.kind for one in found.evidence}


def test_many_who_come_at_once_and_have_nothing_in_common_are_only_looked_at() -> None:
    found = assess(people(90, within_s=100), 0.2, LIMITS, Said(), NOW)
    assert not found.is_raid
    assert found.is_odd


def test_three_hundred_people_over_an_hour_are_growth() -> None:
    """What a campaign of ours brings: 300 different people over an hour, all quiet; every window of it."""
    crowd = people(300, within_s=3600)
    for minute in range(0, 60, 2):
        until = NOW - timedelta(minutes=minute)
        window = [one for one in crowd if until - timedelta(minutes=LIMITS.minutes) < one.at <= until]
        found = assess(window, 0.1, LIMITS, Said(wrote=len(window)), until)
        assert not found.is_raid
        assert not found.is_odd


def test_a_busy_space_is_measured_by_its_own_rate() -> None:
    crowd = people(40, within_s=60)
    assert not assess(crowd, 12.0, LIMITS, Said(), NOW).is_odd
    assert assess(crowd, 0.5, RaidLimits(joins=8), Said(), NOW).is_odd


def test_one_text_from_many_newcomers_is_a_raid_however_slowly_they_came() -> None:
    few = people(9, within_s=3600)
    assert assess(few, 3.0, LIMITS, Said(same=9, wrote=9), NOW).is_raid
    assert not assess(few, 3.0, LIMITS, Said(same=3, wrote=9), NOW).is_raid


def test_nobody_coming_is_no_raid() -> None:
    found = assess([], 0.0, LIMITS, Said(), NOW)
    assert (found.is_raid, found.is_odd, found.evidence) == (False, False, ())


def test_the_age_of_a_discord_account_is_read_off_its_id_exactly() -> None:
    assert born_at("discord", "175928847299117063", NOW) == datetime(2016, 4, 30, 11, 18, 25, 796000, UTC)


@pytest.mark.parametrize(
    ("number", "year"), [("278941742", 2016), ("805158066", 2019), ("1974255900", 2021), ("6401027363", 2023)]
)
def test_the_age_of_a_telegram_account_is_told_from_its_id(number: str, year: int) -> None:
    born = born_at("telegram", number, NOW)
    assert born is not None
    assert born.year == year


@pytest.mark.parametrize("external", ["", "visitor-x", "17", "-1001234567890"])
def test_no_age_is_made_up_for_an_id_that_tells_none(external: str) -> None:
    assert born_at("telegram", external, NOW) is None


def test_a_telegram_id_beyond_all_known_ones_is_not_from_the_future() -> None:
    assert born_at("telegram", "99999999999", NOW) == NOW


def test_names_of_one_template_have_one_shape_and_names_of_people_have_none() -> None:
    assert shape_of("R12", "raider12") == shape_of("R994", "raider994") != ""
    assert shape_of("Anna", "anna_b") == ""
    assert shape_of("Anna", "anna17") != shape_of("Boris", "boris17")
