"""Personal WeChat groups: what is said waits for a person, what is counted is kept with who counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from django.db import transaction

from guildhall.channels import waiting
from guildhall.channels.actions import Wanted, request, request_many
from guildhall.channels.actions.acting import refs_of
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Act, Kind, Verb
from guildhall.channels.testing.contract import AT, AdapterContract
from guildhall.channels.wecom.assisted import AssistedAdapter, counts, groups, posts
from guildhall.channels.wecom.assisted_models import AssistedEntry, AssistedGroup, AssistedPost
from guildhall.core import clock
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.errors import BadInput, Conflict, Unsupported
from guildhall.core.models import AuditEntry
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.effects.types import Mode

BY = "staff:1"


class TestWechat(AdapterContract):
    adapter = AssistedAdapter()

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        return self._said("message", sender, message_id=message_id, text=text, **more)

    def join(self, *, sender: str) -> bytes:
        return self._said("join", sender)

    def leave(self, *, sender: str) -> bytes:
        return self._said("leave", sender)

    def _said(self, kind: str, sender: str, **more: Any) -> bytes:
        said = {"type": kind, "space": self.space, "sender": sender, "sent_at": AT.isoformat(), **more}
        return orjson.dumps(said)

    def test_words_are_said_once_and_what_is_taken_away_may_be_taken_again(self) -> None:
        """Carrying out only asks a person, once for each effect, so that it may be carried out again."""
        assert {self.adapter.mode(verb) for verb in Verb} == {Mode.REPEATABLE}

    def test_people_of_one_name_in_two_groups_are_two(self) -> None:
        here = self.adapter.parse(self.message("hello", sender="张三"))
        there = self.adapter.parse(
            orjson.dumps(
                {
                    "type": "message", "space": "other", "sender": "张三", "sent_at": AT.isoformat(),
                    "message_id": "m1", "text": "hello",
                }
            )
        )  # fmt: skip
        assert here.kind is Kind.MESSAGE
        assert here.sender.external_id != there.sender.external_id


def cleared(text: str) -> Clearance:
    return Clearance("service", "SG", content_hash(text), (), clock.now())


def group(name: str = "新加坡合约交流1群", **more: Any) -> str:
    (space,) = groups.add_groups([name], by=BY, **more)
    return str(space.pk)


def said(space_id: str, text: str = "周五 20:00 直播", **more: Any) -> AssistedPost:
    request_many(
        [Wanted(Act(Verb.SEND, space_id, text=text, **more), cleared(text), unique_key=text)],
        actor="staff:2",
        reason="broadcast:7",
    )
    drain()
    return AssistedPost.objects.get(text=text)


@pytest.mark.django_db
def test_what_is_said_to_a_group_waits_for_a_person_and_is_no_message_before() -> None:
    heard: list[waiting.Settled] = []
    waiting.on_settled("test", heard.append)
    space = group()
    post = said(space)
    assert (post.state, post.cause, post.asked_by) == ("waiting", "broadcast:7", "staff:2")
    assert Effect.objects.get().state == "done"
    assert not Message.objects.exists()
    posts.posted(post.pk, by="staff:1")
    posts.posted(post.pk, by="staff:1")
    message = Message.objects.get()
    assert (message.text, message.direction, message.extra) == (post.text, "out", {"by_hand": "staff:1"})
    assert [(one.ending, one.message_id, one.cause) for one in heard] == [
        (waiting.Ending.DONE, message.pk, "broadcast:7")
    ]
    with pytest.raises(Conflict):
        posts.drop(post.pk, by=BY)
    waiting.on_settled("test", lambda settled: None)


@pytest.mark.django_db
def test_asking_twice_for_one_effect_is_asking_once() -> None:
    space = group()
    post = said(space)
    act = Act(Verb.SEND, space, text=post.text)
    refs = replace(refs_of(act, Space.objects.get(pk=space)), effect_id=Effect.objects.get().pk)
    with transaction.atomic():
        posts.ask(act, refs)
    assert AssistedPost.objects.count() == 1


@pytest.mark.django_db
def test_posts_of_a_stopped_broadcast_are_taken_back_unless_they_were_posted() -> None:
    first, second = said(group("one"), "first"), said(group("two"), "second")
    posts.posted(first.pk, by=BY)
    effects = [first.effect_id, second.effect_id]
    assert posts.withdraw([each for each in effects if each], by=BY, reason="stopped") == 1
    assert AssistedPost.objects.get(text="second").reason == "stopped"
    assert list(AssistedPost.objects.order_by("text").values_list("state", flat=True)) == [
        "posted",
        "dropped",
    ]


@pytest.mark.django_db
def test_removing_somebody_is_refused_with_what_to_do_on_the_phone() -> None:
    with pytest.raises(Unsupported) as caught:
        request(Act(Verb.KICK, group(), account_id="x"), actor=BY, reason="case:1")
    assert "On the phone" in caught.value.manual_step.en
    assert "手机" in caught.value.manual_step.zh


@pytest.mark.django_db
def test_fifty_groups_are_written_down_at_once_and_none_twice() -> None:
    made = groups.add_groups([f"合约交流{n}群" for n in range(1, 51)], by=BY, region="SG", phone="Mei 1")
    assert len(made) == AssistedGroup.objects.count() == 50
    with pytest.raises(Conflict):
        groups.add_groups(["合约交流51群", "合约交流7群"], by=BY, phone="Mei 1")
    assert AssistedGroup.objects.count() == 50
    groups.add_groups(["合约交流7群"], by=BY, phone="Wei")
    with pytest.raises(BadInput):
        groups.add_groups(["x"], by=BY, capacity=1)


@pytest.mark.django_db
def test_the_head_count_is_that_of_the_latest_day_and_corrections_keep_what_stood_before() -> None:
    heard: list[int | None] = []
    counts.on_counted("test", lambda one, by: heard.append(one.heads))
    space, today = group(), clock.now().date()
    counts.enter(space, today, {"heads": 486, "messages": 120}, by=BY)
    counts.enter(space, today.replace(day=1) if today.day > 1 else today, {"joined": 3}, by=BY)
    counts.enter(space, today, {"heads": 488}, by="staff:2")
    one = AssistedGroup.objects.get(pk=space)
    assert (one.heads, one.heads_by) == (488, "staff:2")
    entry = AssistedEntry.objects.get(space_id=space, day=today)
    assert (entry.heads, entry.messages) == (488, 120)
    told = AuditEntry.objects.filter(verb="assisted.counted").order_by("id").last()
    assert told is not None
    assert "486" in str(told.data)
    assert heard == [486, 488]
    counts.on_counted("test", lambda one, by: None)


@pytest.mark.django_db
@pytest.mark.parametrize("numbers", [{}, {"heads": -1}, {"heads": 99_999}, {"joined": True}, {"likes": 3}])
def test_what_is_no_count_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        counts.enter(group(), clock.now().date(), numbers, by=BY)
    with pytest.raises(BadInput):
        counts.enter("x", date(2001, 1, 1), {"heads": 1}, by=BY)
