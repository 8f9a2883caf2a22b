"""Any change to sealed entries is found, and named where that is possible."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.audit_chain import (
    BROKEN_LINK,
    CHANGED,
    GENESIS,
    INSERTED,
    MISSING,
    SEAL_MISSING,
    Link,
    Sealed,
    breaks_between,
    breaks_within,
    canonical,
    link,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def entry(number: int, **changes) -> Sealed:
    plain = Sealed(
        f"{number:026d}",
        START + timedelta(seconds=number),
        "staff:1",
        "case.undone",
        f"case:{number}",
        {"n": number},
    )
    return replace(plain, **changes)


ENTRIES = [entry(n) for n in range(10)]
LINK = link(1, GENESIS, ENTRIES)


def test_what_was_sealed_is_intact() -> None:
    assert breaks_between(None, LINK) == []
    assert breaks_within(LINK, ENTRIES) == []
    assert breaks_between(LINK, link(2, LINK.hash, [entry(11)])) == []


def test_canonical_text_is_the_same_for_the_same_value() -> None:
    assert canonical({"b": 1, "a": [1, "交易", None]}) == '{"a":[1,"交易",null],"b":1}'.encode()


def test_every_field_of_an_entry_counts() -> None:
    changes = (
        {"at": START},
        {"actor": "staff:2"},
        {"verb": "case.upheld"},
        {"subject": "case:x"},
        {"data": {"n": 5, "m": 0}},
        {"data": {"n": "5"}},
    )
    for change in changes:
        changed = [*ENTRIES[:5], entry(5, **change), *ENTRIES[6:]]
        assert [(b.kind, b.where) for b in breaks_within(LINK, changed)] == [(CHANGED, ENTRIES[5].id)]


def test_the_same_moment_in_another_zone_is_the_same() -> None:
    from zoneinfo import ZoneInfo

    assert entry(1).leaf() == entry(1, at=entry(1).at.astimezone(ZoneInfo("Asia/Shanghai"))).leaf()


def test_missing_inserted_and_changed_entries_are_told_apart() -> None:
    new = entry(100, id=ENTRIES[3].id + "X")
    found = breaks_within(LINK, [entry(0, actor="x"), *ENTRIES[1:4], new, *ENTRIES[4:8]])
    assert [(b.kind, b.where) for b in found] == [
        (CHANGED, ENTRIES[0].id),
        (INSERTED, new.id),
        (MISSING, f"2 after {ENTRIES[7].id}"),
    ]
    assert [b.kind for b in breaks_within(LINK, [])] == [MISSING]
    assert [b.where for b in breaks_within(LINK, ENTRIES[2:])] == ["2 after the start"]


def test_a_changed_seal_is_found() -> None:
    for change in (
        {"count": 9},
        {"hash": "f" * 64},
        {"leaves": LINK.leaves[32:]},
        {"last_id": "x"},
        {"prev_hash": "1" * 64},
    ):
        assert {b.kind for b in breaks_between(None, replace(LINK, **change))} == {BROKEN_LINK}
    second = link(2, LINK.hash, [entry(11)])
    assert [b.kind for b in breaks_between(None, second)] == [SEAL_MISSING]
    assert [b.kind for b in breaks_between(replace(LINK, hash="0" * 64), second)] == [BROKEN_LINK]


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=40, unique=True).map(sorted),
    st.lists(st.integers(0, 60), max_size=40, unique=True).map(sorted),
    st.sets(st.integers(0, 60), max_size=5),
)
def test_any_other_set_of_entries_is_noticed_and_only_that(
    sealed: list[int], present: list[int], touched: set[int]
) -> None:
    made = link(1, GENESIS, [entry(n) for n in sealed])
    now = [entry(n, actor="someone else") if n in touched else entry(n) for n in present]
    found = breaks_within(made, now)
    same = sealed == present and not touched & set(present)
    assert (found == []) == same
    named = {b.where for b in found if b.kind in (CHANGED, INSERTED)}
    assert named == {e.id for e, n in zip(now, present, strict=True) if n in touched or n not in sealed}


@given(st.binary(max_size=100), st.integers(0, 5))
def test_no_rubbish_in_a_seal_makes_the_proof_fail_with_an_error(leaves: bytes, count: int) -> None:
    odd = Link(1, count, "", "", GENESIS, "", leaves)
    assert breaks_between(None, odd)
    breaks_within(odd, ENTRIES)
    doubled = replace(LINK, leaves=LINK.leaves[:64] + LINK.leaves[:64] + LINK.leaves[32:64])
    assert breaks_within(doubled, ENTRIES)
