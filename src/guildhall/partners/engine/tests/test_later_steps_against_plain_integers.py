"""SET-20 … SET-24 against the same rules in plain Python, one trade after the other, on random small worlds."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.partners.engine.tests.world import at, bound, deal, deposit, owed, settled, steps, trade

DAY = 86_400_000_000
SPLIT = "2026-02-10"
small = st.integers(0, 60)


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    """The later terms of one version; the fee itself is the commission, less a fifth for the trader."""
    given: dict[str, Any] = {"tiers": [{"min_volume": 0, "rate_ppm": 1_000_000}], "kickback_ppm": 200_000}
    if draw(st.booleans()):
        given["cpa"] = {
            "units": draw(st.integers(1, 200)), "asset": "USDT", "within_days": draw(st.integers(1, 40)),
            "min_deposit": draw(small), "deposit_asset": "USDT", "min_volume": draw(small),
            "active_days": draw(st.integers(0, 3)), "share": draw(st.sampled_from(["with", "after_recovered", "none"])),
        }  # fmt: skip
    kinds = [("trade", "trade")] + [
        (of, per) for of in ("account", "partner") for per in ("day", "month", "lifetime")
    ]
    given["caps"] = [
        {
            "units": draw(st.integers(0, 120)),
            "asset": draw(st.sampled_from(["USDT", "BTC"])),
            "of": of,
            "per": per,
        }
        for of, per in draw(st.lists(st.sampled_from(kinds), max_size=3))
    ]
    given["carry"] = draw(st.sampled_from(["none", "month", "forward"]))
    given["hold_flags"] = draw(st.sampled_from([[], ["look"]]))
    return given


times = st.integers(at("2026-01-20") // DAY, at("2026-03-20") // DAY)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    trades = [
        trade(
            executed_at=draw(times) * DAY + draw(st.integers(0, 3)), account=draw(st.sampled_from(["ann", "bob"])),
            fee=draw(st.integers(-80, 120)), volume=draw(small), asset=draw(st.sampled_from(["USDT", "USDT", "BTC"])),
            flags=draw(st.sampled_from([None, ["look"]])),
        )
        for _ in range(draw(st.integers(0, 25)))
    ]  # fmt: skip
    deposits = [
        deposit(
            "2026-01-01", draw(small), at=draw(times) * DAY, account=draw(st.sampled_from(["ann", "bob"]))
        )
        for _ in range(draw(st.integers(0, 4)))
    ]
    split = f"{SPLIT}T00:00:00Z"
    deals = [
        deal(version=1, valid_to=split, **draw(terms())),
        deal(version=2, valid_from=split, **draw(terms())),
    ]
    bindings = [
        bound("2026-01-25", "2026-02-15"), bound("2026-02-15"), bound(draw(st.sampled_from(["2026-02-01", SPLIT])), account="bob"),
    ]  # fmt: skip
    held = draw(st.sampled_from([(), (("north", "bob"),)]))
    return {"trades": trades, "bindings": bindings, "deals": deals, "deposits": deposits, "held": held}


def plain(world: dict[str, Any]) -> dict[tuple[str, str, str], int]:
    """(partner, day, kind) → units, as `owed` says it."""
    one, two = world["deals"]
    trades = [
        row | {"binding": found, "deal": one if row["executed_at"] < at(SPLIT) else two}
        for row in sorted(world["trades"], key=lambda row: row["executed_at"])
        for found in world["bindings"]
        if found["account"] == row["account"] and found["valid_from"] <= row["executed_at"]
        and (found["valid_to"] is None or row["executed_at"] < found["valid_to"])
    ]  # fmt: skip
    money: dict[tuple[str, str, str], int] = defaultdict(int)
    since, left, owing = {}, {}, {}
    done: set[str] = set()
    for binding in sorted(world["bindings"], key=lambda row: row["valid_from"]):
        given = (one if binding["valid_from"] < at(SPLIT) else two).get("cpa")
        if given is None:
            continue
        key = (binding["account"], binding["valid_from"])
        owing[key] = given
        end = min(binding["valid_from"] + given["within_days"] * DAY, binding["valid_to"] or 2**62)
        inside = [row for row in trades if row["binding"] is binding and row["executed_at"] < end]
        paid_in = [row for row in world["deposits"] if row["account"] == binding["account"]
                   and binding["valid_from"] <= row["at"] < end]  # fmt: skip
        moments = sorted(
            {binding["valid_from"], *(row["executed_at"] for row in inside), *(row["at"] for row in paid_in)}
        )
        for moment in moments if binding["account"] not in done else ():
            so_far = [row for row in inside if row["executed_at"] <= moment]
            if (
                sum(row["amount"] for row in paid_in if row["at"] <= moment) >= given["min_deposit"]
                and sum(row["volume"] for row in so_far) >= given["min_volume"]
                and len({row["executed_at"] // DAY for row in so_far}) >= given["active_days"]
            ):
                since[key], left[key] = moment, given["units"]
                done.add(binding["account"])
                kind = "held_cpa" if ("north", binding["account"]) in world["held"] else "cpa"
                money["P", day_of(moment // DAY), kind] += given["units"]
                break
    spent: dict[tuple[Any, ...], int] = defaultdict(int)
    months: dict[tuple[str, int], list[Any]] = {}
    for row in trades:
        pool = max(0, abs(row["fee"]))
        kickback = pool * 200_000 // 1_000_000
        commission = pool - kickback
        key = (row["account"], row["binding"]["valid_from"])
        number = row["executed_at"] // DAY
        month = date.fromordinal(719_163 + number).year * 12 + date.fromordinal(719_163 + number).month - 1
        line = (
            months.setdefault((row["asset"], month), [0, 0, None])
            if row["deal"]["carry"] != "none"
            else [0, 0, None]
        )
        line[2] = row["deal"]
        if row["fee"] < 0:
            line[1] += commission
        if row["fee"] <= 0:
            continue
        share = owing[key]["share"] if key in owing else "with"
        if share == "none":
            commission = 0
        elif (
            share == "after_recovered"
            and key in since
            and row["executed_at"] >= since[key]
            and row["asset"] == "USDT"
        ):
            taken = min(commission, left[key])
            left[key] -= taken
            commission -= taken
        periods = {"day": number, "month": month, "lifetime": 0}
        for cap in row["deal"]["caps"]:
            if cap["asset"] == row["asset"]:
                whose = row["account"] if cap["of"] == "account" else ""
                room = cap["units"]
                if cap["of"] != "trade":
                    room -= spent[row["asset"], cap["of"], whose, cap["per"], periods[cap["per"]]]
                commission = min(commission, max(0, room))
        for of, whose in (("account", row["account"]), ("partner", "")):
            for per, period in periods.items():
                spent[row["asset"], of, whose, per, period] += commission
        line[0] += commission
        waits = ("look" in (row["flags"] or ()) and "look" in row["deal"]["hold_flags"]) or (
            "north",
            row["account"],
        ) in world["held"]
        prefix = "held_" if waits else ""
        money["P", day_of(number), f"{prefix}commission"] += commission
        money["P", day_of(number), f"{prefix}kickback"] += kickback
    for asset in ("BTC", "USDT"):
        carried = 0
        for (which, month), (commission, debt, last) in sorted(months.items()):
            if which == asset:
                deducted = min(commission, carried + debt)
                carried = carried + debt - deducted if last["carry"] == "forward" else 0
                following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
                money["P", str(date.fromordinal(following.toordinal() - 1)), "carry"] -= deducted
    return {key: units for key, units in money.items() if units}


def day_of(number: int) -> str:
    return str(date.fromordinal(719_163 + number))


@given(worlds())
@settings(max_examples=50, deadline=None, derandomize=True)
def test_later_steps_pay_what_plain_integers_say(world: dict[str, Any]) -> None:
    later = steps(world["deposits"], world["held"])
    _, found = settled(world["trades"], world["bindings"], world["deals"], later)
    assert {key: units for key, units in owed(found).items() if units} == plain(world)
