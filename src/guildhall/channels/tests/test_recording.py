"""What is stored of what comes in: once, whatever is delivered how often, in any order, by any number of processes."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from guildhall.channels import queries
from guildhall.channels.actions import (
    EditedMessage,
    SpaceSeen,
    Unread,
    add_strikes,
    discard,
    ensure_spaces,
    hide_messages,
    quarantine_many,
    record_deletions,
    record_edits,
    record_joins,
    record_leaves,
    record_messages,
    release,
)
from guildhall.channels.models import Message, MessageVersion, Quarantine, Space, SpaceMember
from guildhall.channels.port import SpaceRef
from guildhall.channels.tests.rows import AT, a_row, a_space, an_account, record
from guildhall.core import clock
from guildhall.core.errors import Conflict
from guildhall.core.text import Text
from guildhall.people.actions import erase_member

pytestmark = pytest.mark.django_db


def test_messages_are_recorded_inside_a_transaction_only(transactional_db: None) -> None:
    with pytest.raises(RuntimeError):
        record_messages([a_row(a_space(), an_account(), "hello")])


def test_a_batch_counts_once_per_sender_and_keeps_the_first_time() -> None:
    space, ann, bob = a_space(), an_account("Ann"), an_account("Bob")
    later = AT + timedelta(minutes=5)
    record(a_row(space, ann, "one"), a_row(space, bob, "two"), a_row(space, ann, "three", sent_at=later))
    record(a_row(space, ann, "four", sent_at=later + timedelta(hours=1)))
    row = SpaceMember.objects.get(account=ann)
    assert (row.message_count, row.first_message_at) == (3, AT)
    assert row.last_message_at == later + timedelta(hours=1)
    assert SpaceMember.objects.get(account=bob).message_count == 1


def test_the_same_delivery_twice_in_one_batch_is_one_message() -> None:
    space, ann = a_space(), an_account()
    one, two, other = (a_row(space, ann, text, "k1") for text in ("hi", "hi", "different"))
    result = record(one, two, other)
    assert result.new == (one.id,)
    assert result.duplicates == {two.id: one.id}
    assert result.conflicts == {other.id: one.id}


def test_the_same_key_in_another_space_is_another_message() -> None:
    ann = an_account()
    assert len(record(a_row(a_space("a"), ann, "hi", "k1"), a_row(a_space("b"), ann, "hi", "k1")).new) == 2


def test_somebody_elses_message_under_the_same_key_is_a_conflict() -> None:
    space = a_space()
    first = a_row(space, an_account("Ann"), "hi", "k1")
    second = a_row(space, an_account("Bob"), "hi", "k1")
    record(first)
    assert record(second).conflicts == {second.id: first.id}


def test_an_original_redelivered_after_its_edit_is_a_duplicate() -> None:
    space, ann = a_space(), an_account()
    first = a_row(space, ann, "hello", "k1")
    record(first)
    with transaction.atomic():
        record_edits([EditedMessage(space.id, ann.id, "k1", "good bye", AT + timedelta(minutes=1))])
    again = a_row(space, ann, "hello", "k1")
    assert record(again).duplicates == {again.id: first.id}
    assert Message.objects.get().text == "good bye"


def test_edits_come_once_in_order_and_only_from_the_author() -> None:
    space, ann, eve = a_space(), an_account("Ann"), an_account("Eve")
    first = a_row(space, ann, "v1", "k1")
    record(first)
    minute = timedelta(minutes=1)
    with transaction.atomic():
        result = record_edits(
            [
                EditedMessage(space.id, ann.id, "k1", "v2", AT + minute),
                EditedMessage(space.id, ann.id, "k1", "v2", AT + minute),
                EditedMessage(space.id, eve.id, "k1", "forged", AT + minute * 2),
                EditedMessage(space.id, ann.id, "k1", "v3", AT + minute * 3),
                EditedMessage(space.id, ann.id, "k1", "late", AT + minute * 2),
                EditedMessage(space.id, ann.id, "k9", "never seen", AT),
            ]
        )
    assert result.changed == {0: (first.id, 2), 3: (first.id, 3)}
    assert set(result.unchanged) == {1, 4}
    assert result.refused == (2,)
    assert result.unknown == (5,)
    message = Message.objects.get()
    assert (message.text, message.version, message.indexed) == ("v3", 3, False)
    assert list(MessageVersion.objects.order_by("version").values_list("version", "text")) == [
        (1, "v1"),
        (2, "v2"),
    ]


def test_a_deletion_on_the_platform_is_noted_once() -> None:
    space, ann = a_space(), an_account()
    row = a_row(space, ann, "hello", "k1")
    record(row)
    with transaction.atomic():
        assert record_deletions([(space.id, "k1"), (space.id, "nothing")], at=AT) == (row.id,)
        assert record_deletions([(space.id, "k1")], at=AT) == ()
    assert not Message.objects.get().visible


def test_joining_again_does_not_lift_a_ban_and_leaving_does_not_either() -> None:
    space, ann = a_space(), an_account()
    with transaction.atomic():
        record_joins([(space.id, ann.id, AT)])
        record_leaves([(space.id, ann.id, AT)])
    assert SpaceMember.objects.get().state == "left"
    with transaction.atomic():
        record_joins([(space.id, ann.id, AT)])
    assert SpaceMember.objects.get().state == "member"
    SpaceMember.objects.update(state="banned")
    with transaction.atomic():
        record_leaves([(space.id, ann.id, AT)])
        record_joins([(space.id, ann.id, AT)])
    assert SpaceMember.objects.get().state == "banned"


def test_a_message_withheld_in_its_own_transaction_was_never_visible() -> None:
    space, ann = a_space(), an_account()
    row = a_row(space, ann, "scam")
    with transaction.atomic():
        record_messages([row])
        hide_messages([row.id], by="system:guard")
    assert not Message.objects.filter(visible=True).exists()


def test_strikes_add_up_and_are_taken_back_but_never_below_none() -> None:
    space, ann = a_space(), an_account()
    for counts in ([1, 1], [-1], [-5]):
        with transaction.atomic():
            add_strikes([(space.id, ann.id, count) for count in counts], at=AT)
    assert SpaceMember.objects.get().strikes == 0
    with transaction.atomic():
        add_strikes([(space.id, ann.id, 2)], at=AT)
    row = SpaceMember.objects.get()
    assert (row.strikes, row.last_strike_at) == (2, AT)


def test_bad_input_is_put_aside_whole_once_and_decided_once() -> None:
    unread = Unread("webchat", b"\x00\xff{", Text("not JSON", "不是 JSON"), AT)
    with transaction.atomic():
        assert quarantine_many([unread]) == 1
        assert quarantine_many([unread]) == 0
    row = Quarantine.objects.get()
    assert bytes(row.raw) == b"\x00\xff{"
    assert row.reason == {"en": "not JSON", "zh": "不是 JSON"}
    sent: list[tuple[str, bytes]] = []

    def again(platform: str, raw: bytes) -> None:
        sent.append((platform, raw))
        with transaction.atomic():
            quarantine_many([unread])

    release(row.id, "staff:1", again)
    assert sent == [("webchat", b"\x00\xff{")]
    assert sorted(Quarantine.objects.values_list("state", flat=True)) == ["new", "released"]
    with pytest.raises(Conflict):
        discard(row.id, "staff:1")
    discard(Quarantine.objects.get(state="new").id, "staff:1")


def test_an_erased_member_leaves_no_words_behind_and_a_redelivery_brings_none_back() -> None:
    space, ann = a_space(), an_account()
    row = a_row(space, ann, "my secret", "k1", links='[{"url": "http://me.example"}]')
    record(row)
    with transaction.atomic():
        record_edits([EditedMessage(space.id, ann.id, "k1", "my other secret", AT + timedelta(minutes=1))])
    erase_member(ann.member_id, by="staff:1")
    message = Message.objects.get()
    assert (message.text, message.links, message.visible) == ("", [], False)
    assert not MessageVersion.objects.exists()
    again = a_row(space, ann, "my secret", "k1")
    assert record(again).duplicates == {again.id: row.id}
    assert Message.objects.get().text == ""


def test_outside_spaces_are_found_and_web_chats_are_made_by_staff_only() -> None:
    lobby = a_space("lobby")
    with transaction.atomic():
        found = find(
            ("telegram", "-100", "Perps  EN"),
            ("webchat", "unknown", ""),
            ("replay", "lobby", ""),
            ("replay", "new", ""),
        )
    assert found["telegram", "-100"].name == "Perps EN"
    assert ("webchat", "unknown") not in found
    assert found["replay", "lobby"] == lobby
    assert found["replay", "new"].platform == "replay"
    with transaction.atomic():
        assert find(("telegram", "-100", "Renamed"))["telegram", "-100"] == found["telegram", "-100"]


def find(*seen: tuple[str, str, str]) -> dict[tuple[str, str], Space]:
    return ensure_spaces(SpaceSeen(platform, SpaceRef(key, title)) for platform, key, title in seen).spaces


def test_a_senders_past_and_the_copies_of_a_text_are_what_guard_needs() -> None:
    space, other = a_space("a"), a_space("b")
    ann, bob = an_account("Ann"), an_account("Bob")
    h = "0123456789abcdef"
    record(
        a_row(space, ann, "x", text_hash=h), a_row(other, bob, "x", text_hash=h), a_row(space, bob, "x", text_hash=h),
        a_row(space, ann, "short"),
    )  # fmt: skip
    past = queries.histories([(space.id, ann.id), (other.id, ann.id)], clock.now() - timedelta(minutes=10))
    assert set(past) == {(space.id, ann.id)}
    assert past[space.id, ann.id].message_count == 2
    assert [item[1] for item in past[space.id, ann.id].recent] == [h, ""]
    spread = queries.copies([h, "", "ffffffffffffffff"], AT)
    assert set(spread) == {h}
    assert spread[h].by_others(ann.id) == (1, 2, 2)
    assert queries.copies([h], AT + timedelta(days=1)) == {}


def test_what_has_run_out_counts_no_more() -> None:
    space, ann = a_space(), an_account()
    SpaceMember.objects.create(space=space, account=ann, state="restricted", until=AT)
    assert queries.standing(space.id, ann.id, AT - timedelta(seconds=1))[0] == "restricted"
    assert queries.standing(space.id, ann.id, AT)[0] == "member"


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_receive_the_same_batches_store_each_message_once() -> None:
    space, people = a_space(), [an_account(f"P{n}") for n in range(5)]
    news: list[str] = []
    problems: list[BaseException] = []
    lock = threading.Lock()

    def receive() -> None:
        try:
            for batch in range(6):
                rows = [a_row(space, people[n % 5], f"m{batch}-{n}", f"{batch}-{n}") for n in range(30)]
                result = record(*rows)
                with lock:
                    news.extend(result.new)
                assert not result.conflicts
        except BaseException as error:  # noqa: BLE001
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=receive) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems
    assert len(news) == len(set(news)) == Message.objects.count() == 180
    assert sum(SpaceMember.objects.values_list("message_count", flat=True)) == 180
