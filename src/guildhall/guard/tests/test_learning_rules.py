"""The pure part of learning: near copies, weights, second looks, and the comparison of two models."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from guildhall.guard.learning import asking, comparing, keys, weighing
from guildhall.guard.learning.comparing import Cuts, Kept, Outcome, compare
from guildhall.guard.learning.weighing import Labelled, weigh

CUTS = Cuts(0.5, 0.95)
CAMPAIGN = "Claim your free {n} USDT airdrop now at the official event page, write to @helper{n} today"


def labelled(n: int, *, label: int = 1, member: str = "", group: str = "") -> Labelled:
    return Labelled(f"{n:04}", f"text {n}", label, "en", "decision", member or f"m{n}", group or f"g{n}")


def test_near_copies_share_a_band_and_others_are_told_apart() -> None:
    one, other = (keys.runs(CAMPAIGN.format(n=n)) for n in (500, 7341))
    assert set(keys.bands(one)) & set(keys.bands(other))
    assert keys.likeness(one, other) >= keys.ALIKE_FROM
    honest = keys.runs("When does the funding rate change on perpetual swaps?")
    assert keys.likeness(one, honest) < 0.2


def test_chinese_near_copies_are_found_too() -> None:
    one = keys.runs("恭喜您获得空投资格，请联系客服领取500U奖励，先到先得")
    other = keys.runs("恭喜您获得空投资格，请联系客服领取800U奖励，先到先得！")
    assert keys.likeness(one, other) >= keys.ALIKE_FROM
    assert set(keys.bands(one)) & set(keys.bands(other))


def test_about_a_quarter_is_kept_back_and_always_the_same() -> None:
    held = [keys.is_held_back(keys.group_key(f"a text number {n} of its own")) for n in range(2_000)]
    assert 0.2 <= sum(held) / len(held) <= 0.3
    assert held == [keys.is_held_back(keys.group_key(f"a text number {n} of its own")) for n in range(2_000)]


def test_a_member_key_says_nothing_of_the_member() -> None:
    assert "01ABC" not in keys.member_key("01ABC")
    assert keys.member_key("01ABC") == keys.member_key("01ABC") != keys.member_key("01ABD")


def test_five_hundred_rows_of_one_member_weigh_one() -> None:
    rows = [labelled(n, member="flooder") for n in range(500)] + [labelled(900), labelled(901, label=0)]
    weighed = weigh(rows)
    assert round(sum(one.weight for one in weighed if one.row.member_key == "flooder"), 6) == 1
    assert round(weighing.total(weighed, 1), 6) == 2


def test_a_campaign_of_three_hundred_accounts_weighs_one() -> None:
    weighed = weigh([labelled(n, group="campaign") for n in range(300)])
    assert round(weighing.total(weighed, 1), 6) == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=60))
def test_nobody_ever_weighs_more_than_one_row_of_a_label(rows: list[tuple[int, int, int]]) -> None:
    weighed = weigh(
        [labelled(n, label=label, member=f"m{m}", group=f"g{g}") for n, (m, g, label) in enumerate(rows)]
    )
    for label in (0, 1):
        for name in ("member_key", "group_key"):
            for key in {getattr(one.row, name) for one in weighed}:
                together = sum(
                    one.weight for one in weighed if one.row.label == label and getattr(one.row, name) == key
                )
                assert together <= 1 + 1e-9


def test_near_copies_with_both_labels_teach_nothing() -> None:
    rows = [labelled(1, group="same"), labelled(2, group="same", label=0), labelled(3)]
    assert [one.row.id for one in weigh(rows)] == ["0003"]


def test_conflicts_come_before_what_waits_before_what_the_model_doubts() -> None:
    conflict = asking.usefulness(label=1, probability=0.99, waits=False, conflicts=True, looked_at=True)
    waiting = asking.usefulness(label=1, probability=0.5, waits=True, conflicts=False, looked_at=False)
    apart = asking.usefulness(label=0, probability=0.97, waits=False, conflicts=False, looked_at=False)
    unsure = asking.usefulness(label=0, probability=0.45, waits=False, conflicts=False, looked_at=False)
    clear = asking.usefulness(label=1, probability=0.99, waits=False, conflicts=False, looked_at=False)
    assert conflict > waiting > apart > unsure > clear == 0
    assert asking.usefulness(label=0, probability=0.97, waits=False, conflicts=False, looked_at=True) == 0


def kept(n: int, *, better: float) -> list[Kept]:
    """n rows of each kind; the candidate is `better` nearer to the truth than the model in force."""
    random = Random(7)
    rows = []
    for at in range(2 * n):
        bad = at < n
        live = min(0.98, max(0.02, random.gauss(0.6 if bad else 0.4, 0.2)))
        moved = live + (better if bad else -better)
        rows.append(Kept(bad, 1.0, live, min(0.99, max(0.01, moved))))
    return rows


def test_a_better_candidate_is_called_better_and_always_the_same_way() -> None:
    found = compare(kept(40, better=0.2), CUTS, CUTS)
    assert found.outcome is Outcome.BETTER
    assert found.sure > 0.99
    assert found.live
    assert found.candidate
    assert found.candidate.log_loss < found.live.log_loss
    assert compare(kept(40, better=0.2), CUTS, CUTS) == found


def test_a_worse_or_equal_candidate_is_not() -> None:
    assert "no_lower" in compare(kept(40, better=-0.1), CUTS, CUTS).why
    mixed = [*kept(40, better=0.2)[:51], *kept(40, better=-0.19)[51:]]
    assert "not_surely" in compare(mixed, CUTS, CUTS).why
    assert compare(kept(40, better=0.0), CUTS, CUTS).outcome is Outcome.NOT_BETTER


def test_a_candidate_that_would_punish_an_honest_message_more_is_refused() -> None:
    rows = [*kept(40, better=0.2), Kept(False, 1.0, 0.3, 0.97)]
    found = compare(rows, CUTS, CUTS)
    assert found.outcome is Outcome.NOT_BETTER
    assert "punishes_wrongly" in found.why


def test_too_few_rows_of_either_kind_decide_nothing() -> None:
    assert compare(kept(15, better=0.3), CUTS, CUTS).outcome is Outcome.TOO_FEW
    one_sided = [row for row in kept(60, better=0.3) if row.bad]
    assert compare(one_sided, CUTS, CUTS).outcome is Outcome.TOO_FEW
    assert comparing.LEAST_ROWS == 40
