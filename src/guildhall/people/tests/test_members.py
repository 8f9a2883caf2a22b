"""Members and their accounts: found, renamed, linked, erased, exported, masked, searched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.models import AuditEntry
from guildhall.people import actions, masking, queries, registry
from guildhall.people.actions import Known, Sighting
from guildhall.people.models import Account, Member, MemberSearch, Rename
from guildhall.people.queries import MemberFilter
from guildhall.people.roles import Role
from guildhall.people.search import asked_for, terms_of
from guildhall.people.testing import make_staff

BY = "staff:1"


def seen(*batch: Any) -> dict[tuple[str, str], Known]:
    with transaction.atomic():
        return actions.resolve_accounts(batch)


def one(
    external_id: str = "7", username: str = "alice_w", name: str = "Alice Wong", platform: str = "webchat"
) -> Known:
    return seen(Sighting(platform, external_id, username, name))[platform, external_id]


def found(query: str, **more: str) -> list[str]:
    return [member.pk for member in queries.member_page(MemberFilter(q=query, **more)).rows]


@pytest.fixture
def listening() -> Iterator[list[registry.Renamed]]:
    heard: list[registry.Renamed] = []

    def listen(renames: Sequence[registry.Renamed]) -> None:
        heard.extend(renames)

    registry.on_rename(listen)
    yield heard
    registry.rename_listeners.pop(f"{listen.__module__}.{listen.__qualname__}")


@pytest.mark.django_db
class TestResolving:
    def test_an_account_seen_twice_is_the_same_account_of_one_member(self) -> None:
        first, again = one(), one()
        assert first.is_new
        assert not again.is_new
        assert (first.id, first.member_id) == (again.id, again.member_id)
        assert Member.objects.get().display_name == "Alice Wong"

    def test_the_same_id_on_two_platforms_is_two_people_until_somebody_says_otherwise(self) -> None:
        assert one(platform="webchat").member_id != one(platform="telegram").member_id

    def test_the_last_names_of_a_batch_count_and_plain_tuples_will_do(self) -> None:
        known = seen(
            ("t", "1", "a", "First", False), ("t", "2", "b", "Bob", True), ("t", "1", "a", "Last", False)
        )
        assert Account.objects.count() == 2
        assert known["t", "1"].display_name == "Last"
        assert known["t", "2"].is_bot

    def test_a_new_name_is_recorded_announced_and_audited_without_the_name(
        self, listening: list[registry.Renamed]
    ) -> None:
        before = one()
        after = one(username="binance_support", name="Binance Support")
        assert after.display_name == "Binance Support"
        assert [r.old_display_name for r in listening] == ["Alice Wong"]
        rename = Rename.objects.get()
        assert (rename.old_username, rename.new_username) == ("alice_w", "binance_support")
        assert Member.objects.get().display_name == "Binance Support"
        entry = AuditEntry.objects.get(verb="account.renamed")
        assert entry.subject == f"account:{before.id}"
        assert entry.data == {}
        assert found("binance") == [before.member_id]
        assert found("alice") == []

    def test_a_message_without_names_changes_none(self, listening: list[registry.Renamed]) -> None:
        one()
        assert one(username="", name="").display_name == "Alice Wong"
        assert not listening

    def test_a_name_given_by_staff_is_not_overwritten(self) -> None:
        account = one()
        Member.objects.filter(pk=account.member_id).update(display_name="VIP Alice")
        one(name="Alice W.")
        assert Member.objects.get().display_name == "VIP Alice"

    def test_being_seen_moves_on_only_once_in_a_while(self) -> None:
        account = one()
        start = Account.objects.get().last_seen_at
        with clock.freeze(start + timedelta(minutes=5)):
            one()
        assert Account.objects.get(pk=account.id).last_seen_at == start
        later = start + timedelta(minutes=11)
        with clock.freeze(later):
            one()
        assert Account.objects.get().last_seen_at == Member.objects.get().last_seen_at == later

    @pytest.mark.parametrize("external_id", ["", "x" * 191, "a\x00b"])
    def test_an_id_that_cannot_be_stored_names_its_row(self, external_id: str) -> None:
        with pytest.raises(BadInput) as wrong:
            seen(Sighting("t", "fine"), Sighting("t", external_id))
        assert wrong.value.row == 1

    def test_names_of_any_length_and_kind_are_taken_as_far_as_they_go(self) -> None:
        known = seen(
            Sighting("t", "1", "@" + "u" * 500, "😀" * 10_000 + "\x00"),
            Sighting("t", "2", "\x00", "\u202egnp.exe\u200b"),
        )
        assert len(known["t", "1"].display_name) == 255
        assert known["t", "1"].username == "u" * 190
        assert "\x00" not in known["t", "2"].username

    def test_a_thousand_known_accounts_cost_one_query(self, django_assert_num_queries: Any) -> None:
        batch = [Sighting("t", str(n), f"u{n}", f"User {n}") for n in range(1000)]
        seen(*batch)
        with transaction.atomic(), django_assert_num_queries(1):
            assert not any(known.is_new for known in actions.resolve_accounts(batch).values())

    def test_nothing_in_nothing_out(self) -> None:
        assert seen() == {}


@pytest.mark.django_db(transaction=True)
def test_two_processes_meeting_the_same_newcomers_make_each_once() -> None:
    import threading

    from django.db import connections

    batch = [Sighting("t", str(n), f"u{n}", f"User {n}") for n in range(200)]
    ready = threading.Barrier(4)
    results: list[dict[tuple[str, str], Known]] = []

    def meet(order: list[Sighting]) -> None:
        ready.wait()
        with transaction.atomic():
            results.append(actions.resolve_accounts(order))
        connections.close_all()

    threads = [threading.Thread(target=meet, args=(batch[n * 10 :] + batch[: n * 10],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Account.objects.count() == Member.objects.count() == MemberSearch.objects.count() == 200
    assert len(results) == 4
    for result in results:
        assert {key: known.id for key, known in result.items()} == {
            key: known.id for key, known in results[0].items()
        }


@pytest.mark.django_db
class TestSearch:
    @pytest.mark.parametrize(
        ("query", "hit"),
        [("alice", True), ("ALI", True), ("wong", True), ("alice_w", True), ("@alice", True), ("7788", True), ("bob", False),
         ("alice bob", False), ("w ali", True), ("!!!", False), ('"', False), ("' OR 1=1", False), ("alice*", True), ("NOT alice", False)],
    )  # fmt: skip
    def test_english_names_usernames_and_ids_by_their_beginning(self, query: str, hit: bool) -> None:
        account = one("778899")
        assert found(query) == ([account.member_id] if hit else [])

    @pytest.mark.parametrize("query", ["王", "小明", "王小明", "小明 群主", "群主", "張", "张三"])
    def test_chinese_by_characters_pairs_and_either_script(self, query: str) -> None:
        account = one("1", "wang", "王小明（群主）張三")
        one("2", "li", "李四")
        assert found(query) == [account.member_id]

    def test_accents_do_not_hide_anybody(self) -> None:
        account = one("1", "jose", "José Núñez")
        assert found("nunez") == found("Núñ") == [account.member_id]

    def test_filters_orders_and_pages(self) -> None:
        ids = [
            one(str(n), f"user{n}", f"Name {9 - n}", platform="a" if n % 2 else "b").member_id
            for n in range(6)
        ]
        actions.set_language(ids[0], "zh-hans", by=BY)
        actions.set_region(ids[1], "SG", by=BY)
        assert found("", language="zh-hans") == [ids[0]]
        assert found("", region="SG") == [ids[1]]
        assert found("", platform="a") == [ids[5], ids[3], ids[1]]
        assert found("user", platform="a", sort="oldest") == [ids[1], ids[3], ids[5]]
        assert found("", sort="name") == ids[::-1]
        page = queries.member_page(MemberFilter(), page=2, size=4)
        assert [m.pk for m in page.rows] == [ids[1], ids[0]]
        assert not page.more
        assert queries.member_page(MemberFilter(sort="no such sort"), page=-3, size=4).more

    @given(st.text(max_size=300))
    def test_any_text_makes_terms_that_no_query_language_can_misread(self, text: str) -> None:
        beginnings, whole = asked_for(text)
        for term in [*beginnings, *whole, *terms_of([(text, text, text)]).split()]:
            assert term.isascii()
            assert term.isalnum()


@pytest.mark.django_db
class TestLinking:
    def test_two_members_become_one_and_the_old_id_still_finds_them(self) -> None:
        kept, gone = one("1", "ann", "Ann"), one("2", "annie", "Annie", platform="telegram")
        actions.set_note(gone.member_id, "met at the fair", by=BY)
        actions.link_accounts(kept.member_id, gone.member_id, by=BY)
        detail = queries.member_detail(gone.member_id)
        assert detail.member.pk == kept.member_id
        assert {a.pk for a in detail.accounts} == {kept.id, gone.id}
        assert detail.member.note == "met at the fair"
        assert detail.merged_ids == [gone.member_id]
        assert found("annie") == [kept.member_id]
        assert found("", state="merged") == [gone.member_id]
        assert one("2", "annie", "Annie", platform="telegram").member_id == kept.member_id

    def test_a_chain_of_merges_points_to_the_last(self) -> None:
        a, b, c = (one(str(n), f"u{n}", f"N{n}").member_id for n in range(3))
        actions.link_accounts(b, a, by=BY)
        actions.link_accounts(c, b, by=BY)
        assert queries.member_detail(a).member.pk == c
        with pytest.raises(Conflict):
            actions.link_accounts(a, c, by=BY)
        with pytest.raises(BadInput):
            actions.link_accounts(c, c, by=BY)
        with pytest.raises(NotFound):
            actions.link_accounts(c, "nobody", by=BY)


@pytest.fixture
def wiped() -> Iterator[list[str]]:
    calls: list[str] = []

    def erase(member_id: str) -> None:
        calls.append(member_id)

    registry.on_erase(erase)
    registry.on_export("testing")(lambda member_id: {"id": member_id})
    yield calls
    registry.erasers.pop(f"{erase.__module__}.{erase.__qualname__}")
    registry.exporters.pop("testing")


@pytest.mark.django_db
class TestErasing:
    def test_nothing_of_a_person_is_left_but_that_they_were_here(self, wiped: list[str]) -> None:
        account = one("778899", "alice_w", "Alice Wong")
        one("778899", "alice_x", "Alice Xu")
        actions.set_note(account.member_id, "likes tea", by=BY)
        assert actions.erase_member(account.member_id, BY)
        assert wiped == [account.member_id]
        rows = str(
            [list(model.objects.values()) for model in (Member, Account, Rename, MemberSearch, AuditEntry)]
        )
        for trace in ("Alice", "alice", "778899", "likes tea", "Xu"):
            assert trace not in rows
        assert found("alice") == []
        assert found("", state="erased") == [account.member_id]
        assert Account.objects.get().external_id.startswith("erased:")

    def test_erasing_twice_is_erasing_once(self, wiped: list[str]) -> None:
        account = one()
        assert actions.erase_member(account.member_id, BY)
        row = Account.objects.values().get()
        assert not actions.erase_member(account.member_id, BY)
        assert Account.objects.values().get() == row
        assert AuditEntry.objects.filter(verb="member.erased").count() == 1

    def test_whoever_comes_back_is_somebody_new_and_can_be_erased_again(self, wiped: list[str]) -> None:
        first = one().member_id
        actions.erase_member(first, BY)
        second = one().member_id
        assert second != first
        assert actions.erase_member(second, BY)

    def test_a_merged_id_erases_the_person_it_became(self, wiped: list[str]) -> None:
        a, b = one("1").member_id, one("2").member_id
        actions.link_accounts(a, b, by=BY)
        assert actions.erase_member(b, BY)
        assert sorted(wiped) == sorted([a, b])
        assert Member.objects.filter(erased_at__isnull=True).count() == 0
        with pytest.raises(Conflict):
            actions.set_note(a, "x", by=BY)
        with pytest.raises(NotFound):
            actions.erase_member("nobody", BY)

    def test_an_export_tells_everything_as_json_and_is_audited(self, wiped: list[str]) -> None:
        account = one()
        one(name="Alice X")
        export = json.loads(json.dumps(actions.export_member(account.member_id, BY)))
        assert export["accounts"][0]["external_id"] == "7"
        assert export["renames"][0]["to"] == ["alice_w", "Alice X"]
        assert export["testing"] == {"id": account.member_id}
        assert AuditEntry.objects.get(verb="member.exported").actor == BY


@pytest.mark.django_db
class TestMasking:
    def test_a_vendor_agent_can_tell_people_apart_but_not_look_them_up(self) -> None:
        account = one("123456789")
        member = queries.member_detail(account.member_id).member
        masked = queries.mask_identity(member, make_staff(Role.VENDOR_AGENT))
        assert masked.masked
        shown = str(masked)
        for trace in ("Alice", "Wong", "alice_w", "123456789"):
            assert trace not in shown
        assert masked.handle == member.pk[-6:]
        clear = queries.mask_identity(member, make_staff(Role.MODERATOR))
        assert (clear.name, clear.usernames, clear.masked) == ("Alice Wong", ("alice_w",), False)

    def test_an_erased_member_has_no_name_for_anybody(self) -> None:
        account = one()
        actions.erase_member(account.member_id, BY)
        member = queries.member_detail(account.member_id).member
        assert queries.mask_identity(member, make_staff(Role.OWNER)).name == "Erased member"

    @given(st.text(min_size=2, max_size=40))
    def test_a_masked_name_tells_one_character(self, name: str) -> None:
        masked = masking.mask_name(name)
        assert len(masked) in (0, 1 + len(masking.HIDDEN))


@pytest.mark.django_db
def test_languages_and_regions_are_checked_and_audited() -> None:
    member_id = one().member_id
    for change in (
        lambda: actions.set_language(member_id, "English; DROP", by=BY),
        lambda: actions.set_region(member_id, "sg", by=BY),
        lambda: actions.set_note(member_id, "x" * 10_001, by=BY),
    ):
        with pytest.raises(BadInput):
            change()
    actions.set_region(member_id, "HK", by=BY)
    actions.set_region(member_id, "HK", by=BY)
    assert AuditEntry.objects.filter(verb="member.region_set").count() == 1
    with pytest.raises(NotFound):
        actions.set_note("nobody", "x", by=BY)
    actions.set_staff_account(Account.objects.get().pk, True, by=BY)
    assert "alice_w" in queries.staff_names()
