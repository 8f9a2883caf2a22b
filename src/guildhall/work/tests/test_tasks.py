"""Tasks are asked for once, done with answers and proof, and what follows is one decision with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from guildhall.channels.actions import Wanted, request_many
from guildhall.channels.models import Message
from guildhall.channels.port import Act, Verb
from guildhall.channels.wecom.assisted import groups, posts
from guildhall.channels.wecom.assisted_models import AssistedEntry, AssistedGroup, AssistedPost
from guildhall.core import clock
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.models import AuditEntry
from guildhall.core.text import Text
from guildhall.effects.testing import drain
from guildhall.people.models import Staff
from guildhall.work import actions as work
from guildhall.work import kinds
from guildhall.work.actions import checklists
from guildhall.work.asking import ACTIVE, COUNTS, HEADS, Item, Proofs, answered
from guildhall.work.days import day_now
from guildhall.work.models import Checklist, Task

BY = "staff:1"
TITLE = Text("Ask the owner for a new code", "向群主索取新二维码")
PICTURE = b"\x89PNG\r\n\x1a\n and so on"
MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # 09:30 in Singapore


def cleared(text: str) -> Clearance:
    return Clearance("service", "SG", content_hash(text), (), clock.now())


def task(**more: Any) -> Task:
    return work.open_task(work.NewTask(**{"kind": "by_hand", "title": TITLE, **more}), by=BY)


@pytest.mark.django_db
def test_the_same_thing_is_asked_for_once_even_after_it_was_done() -> None:
    first = task(dedupe_key="group full:7")
    work.complete(first.pk, by=BY)
    again = task(dedupe_key="group full:7")
    assert again.pk == first.pk
    assert Task.objects.count() == 1


@pytest.mark.django_db
def test_a_task_is_done_with_its_answers_and_the_proof_it_asks_for() -> None:
    one = task(asks=(HEADS, ACTIVE), proofs=Proofs.REQUIRED)
    with pytest.raises(BadInput) as caught:
        work.complete(one.pk, by=BY, answers={"heads": "many"})
    assert caught.value.field == "heads"
    with pytest.raises(BadInput) as caught:
        work.complete(one.pk, by=BY, answers={"heads": "1,486"})
    assert caught.value.field == "proof"
    work.add_proof(one.pk, name="shot.png", body=PICTURE, by=BY)
    work.add_proof(one.pk, name="shot.png", body=PICTURE, by=BY)
    done = work.complete(one.pk, by=BY, answers={"heads": "1，486", "active": "", "else": "x"})
    assert (done.state, done.result, done.closed_by) == ("done", {"heads": 1486}, BY)
    assert done.proofs.count() == 1
    with pytest.raises(Conflict):
        work.skip(one.pk, by=BY, reason="too late")


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"<svg/>", b"GIF89a...", b"\xff\xd8\xff" + b"x" * 5_000_001])
def test_a_proof_is_a_picture_of_a_sensible_size(body: bytes) -> None:
    with pytest.raises(BadInput):
        work.add_proof(task().pk, name="x", body=body, by=BY)


@pytest.mark.django_db
def test_what_follows_from_a_task_and_the_task_are_one_decision() -> None:
    def fails(done: Task, by: str) -> None:
        raise Conflict("no")

    kinds.add(kinds.KindOfTask("test_follows", Text("x", "x"), done=fails))
    one = task(kind="test_follows")
    with pytest.raises(Conflict):
        work.complete(one.pk, by=BY)
    one.refresh_from_db()
    assert one.state == "open"
    assert not AuditEntry.objects.filter(verb="task.done").exists()


@pytest.mark.django_db
def test_skipping_says_why_and_can_be_taken_back() -> None:
    one = task()
    with pytest.raises(BadInput):
        work.skip(one.pk, by=BY, reason=" ")
    assert work.skip(one.pk, by=BY, reason="owner is away").reason == "owner is away"
    assert work.reopen(one.pk, by=BY).state == "open"


@pytest.mark.django_db
def test_a_post_that_waits_is_the_caretakers_task_and_done_when_they_say_so() -> None:
    mei = Staff.objects.create(email="mei@example.org", name="Mei")
    (space,) = groups.add_groups(["新加坡1群"], by=BY, caretaker_id=mei.pk)
    text = "周五 20:00 直播"
    request_many([Wanted(Act(Verb.SEND, space.pk, text=text), cleared(text))], actor=BY, reason="x")
    drain()
    one = Task.objects.get()
    assert (one.kind, one.paste, one.assigned_to_id) == ("assisted_post", text, mei.pk)
    work.complete(one.pk, by=mei.actor)
    assert AssistedPost.objects.get().state == "posted"
    assert Message.objects.get().extra == {"by_hand": mei.actor}


@pytest.mark.django_db
def test_a_post_is_dropped_with_its_task_and_a_task_with_its_post() -> None:
    (space,) = groups.add_groups(["新加坡1群"], by=BY)
    for text in ("first", "second"):
        request_many([Wanted(Act(Verb.SEND, space.pk, text=text), cleared(text))], actor=BY, reason="x")
    drain()
    first, second = AssistedPost.objects.order_by("text")
    work.skip(Task.objects.get(paste="first").pk, by=BY, reason="not today")
    first.refresh_from_db()
    assert (first.state, first.reason) == ("dropped", "not today")
    posts.withdraw([second.effect_id or 0], by=BY)
    assert Task.objects.get(paste="second").state == "cancelled"


def plan(**more: Any) -> checklists.Plan:
    items = (
        Item("a", Text("Say good morning", "发早安"), paste=Text("Good morning!", "大家早上好！")),
        Item("b", Text("Count people", "统计人数"), kind="headcount", asks=COUNTS),
    )
    return checklists.Plan(
        **{"name": Text("Morning", "早间"), "items": items, "zone": "Asia/Singapore", **more}
    )


@pytest.mark.django_db
def test_a_checklist_becomes_the_tasks_of_each_group_and_a_count_becomes_a_figure() -> None:
    mei = Staff.objects.create(email="mei@example.org", name="Mei")
    spaces = groups.add_groups(["1群", "2群"], by=BY, caretaker_id=mei.pk)
    with clock.freeze(MONDAY):
        checklists.save_checklist(plan(space_ids=tuple(s.pk for s in spaces)), by=BY)
        assert checklists.make_tasks(clock.now()) == 4
        assert checklists.make_tasks(clock.now()) == 0
        assert set(Task.objects.values_list("assigned_to", flat=True)) == {mei.pk}
        assert set(Task.objects.filter(item="a").values_list("paste", flat=True)) == {"大家早上好！"}
        count = Task.objects.get(item="b", space=spaces[0])
        work.complete(count.pk, by=mei.actor, answers={"heads": "486", "joined": "3"})
    entry = AssistedEntry.objects.get()
    assert (entry.day.isoformat(), entry.heads, entry.joined) == ("2026-11-23", 486, 3)
    assert AssistedGroup.objects.get(pk=spaces[0].pk).heads == 486


@pytest.mark.django_db
def test_what_was_not_done_is_missed_when_the_next_day_comes() -> None:
    with clock.freeze(MONDAY) as held:
        checklists.save_checklist(plan(), by=BY)
        checklists.make_tasks(clock.now())
        held.advance(86_400)
        assert checklists.make_tasks(clock.now()) == 2
    assert sorted(Task.objects.values_list("day", "state")) == [
        ("2026-11-23", "missed"), ("2026-11-23", "missed"), ("2026-11-24", "open"), ("2026-11-24", "open"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_paused_or_closed_checklist_asks_nothing() -> None:
    with clock.freeze(MONDAY):
        one = checklists.save_checklist(plan(), by=BY)
        checklists.pause_checklist(one.pk, by=BY)
        assert checklists.make_tasks(clock.now()) == 0
        checklists.resume_checklist(one.pk, by=BY)
        assert checklists.make_tasks(clock.now()) == 2
        checklists.archive_checklist(one.pk, by=BY)
    assert set(Task.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Checklist.objects.get().archived_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"items": ()}, {"weekdays": ()}, {"weekdays": (9,)}, {"opens": 900, "due": 900}, {"zone": "Mars"}],
)
def test_a_checklist_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        checklists.save_checklist(plan(**wrong), by=BY)


def test_a_day_begins_and_ends_where_the_checklist_is() -> None:
    every = tuple(range(7))
    early = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # Monday 07:00 in Singapore
    assert day_now(every, 540, 1080, "Asia/Singapore", early) is None
    day = day_now(every, 420, 1440, "Asia/Singapore", early)
    assert day is not None
    assert (day.date.isoformat(), day.due_at) == ("2026-11-23", datetime(2026, 11, 23, 16, 0, tzinfo=UTC))
    assert day_now((1,), 0, 1080, "Asia/Singapore", early) is None


def test_answers_are_numbers_or_refused() -> None:
    assert answered((HEADS,), {"heads": " 1 486 "}) == {"heads": 1486}
    for wrong in ("", "-1", "1.5", "十", "99999999999"):
        with pytest.raises(BadInput):
            answered((HEADS,), {"heads": wrong})


@pytest.mark.django_db
def test_words_that_may_not_be_said_in_a_region_are_not_given_to_anybody_to_paste() -> None:
    (sg,) = groups.add_groups(["1群"], by=BY, region="SG")
    (cn,) = groups.add_groups(["2群"], by=BY, region="CN")
    words = Text("Register now and get a 100 USDT bonus!", "立即注册，领取 100 USDT 奖金！")
    items = (
        Item("a", Text("Bonus", "奖励"), paste=words, act="incentive"),
        Item("b", Text("Morning", "早安"), paste=Text("Good morning!", "大家早上好！")),
    )
    with clock.freeze(MONDAY):
        checklists.save_checklist(plan(items=items, space_ids=(sg.pk, cn.pk)), by=BY)
        checklists.make_tasks(clock.now())
    refused = Task.objects.get(space=cn, item="a")
    assert refused.paste == ""
    assert "may not be posted here" in refused.explained.en
    assert refused.explained.zh.startswith("内容不得发布到该群：")
    assert Task.objects.get(space=cn, item="b").paste.startswith("大家早上好！")


@pytest.mark.django_db
def test_who_is_erased_is_gone_from_what_was_to_be_told_to_them() -> None:
    from guildhall.people.models import Account, Member
    from guildhall.work.assisted import erase

    (space,) = groups.add_groups(["1群"], by=BY)
    member = Member.objects.create()
    account = Account.objects.create(
        member=member, platform="wechat", external_id=f"{space.external_id}:张三", display_name="张三"
    )
    text = "张三，请勿发布广告"
    act = Act(Verb.WARN, space.pk, account_id=account.pk, text=text)
    request_many([Wanted(act, cleared(text))], actor=BY, reason="case:1")
    drain()
    assert "张三" in Task.objects.get().called.zh
    erase(member.pk)
    assert "张三" not in str(Task.objects.values().get()) + str(AssistedPost.objects.values().get())
