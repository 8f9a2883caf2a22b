"""What leaves for WeCom and Official Accounts: said once, counted as WeChat counts, refused where WeChat
would.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from guildhall.channels import enclosures
from guildhall.channels.models import Message
from guildhall.channels.port import Act, Button, Refs, Verb
from guildhall.channels.telegram import buttons
from guildhall.channels.tests.wecom_town import Town, at_wechat, cleared, settle
from guildhall.channels.wecom import mass, talks
from guildhall.channels.wecom.errors import Refused
from guildhall.channels.wecom.models import (
    AccessToken,
    MassSend,
    State,
    WechatTalk,
    WecomCorp,
    WecomWay,
)
from guildhall.core import clock
from guildhall.core.errors import BadInput, Permanent, Temporary, Uncertain, Unsupported
from guildhall.core.ids import new_id

pytestmark = pytest.mark.django_db
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 60


@pytest.fixture
def town(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with at_wechat(monkeypatch) as fake:
        made = settle(fake)
        yield made
        assert fake.violations() == []
        assert fake.unplayed == []
        assert fake.failures == []


def test_a_customer_hears_our_words_and_each_counts(town: Town) -> None:
    space = town.talk()
    receipt = town.do(Verb.SEND, space, "您好")
    assert receipt.external_id
    assert [one["text"]["content"] for one in town.shown()] == ["您好"]
    assert talks.may_be_said(space.pk)[0] == 4


def test_the_sixth_answer_is_refused_before_wechat_is_asked(town: Town) -> None:
    space = town.talk()
    for number in range(5):
        town.do(Verb.SEND, space, f"answer {number}")
    calls = len(town.fake.called("kf/send_msg"))
    with pytest.raises(Refused) as caught:
        town.do(Verb.SEND, space, "one more")
    assert caught.value.why == "allowance"
    assert len(town.fake.called("kf/send_msg")) == calls
    with pytest.raises(Unsupported):
        town.adapter.check(Act(Verb.SEND, space.pk, text="x"), Refs(space.external_id))


def test_after_48_hours_nothing_is_said_any_more(town: Town) -> None:
    space = town.talk()
    WechatTalk.objects.filter(pk=space.pk).update(open_until=clock.now() - timedelta(seconds=1))
    with pytest.raises(Refused) as caught:
        town.do(Verb.SEND, space, "late")
    assert caught.value.why == "closed"
    assert town.shown() == []


def test_what_wechat_counts_better_closes_the_talk_here_too(town: Town) -> None:
    space = town.talk()
    town.fake.fail("kf/send_msg", 95001)
    with pytest.raises(Refused):
        town.do(Verb.SEND, space, "x")
    assert talks.may_be_said(space.pk) == (0, None)


def test_a_message_that_surely_did_not_leave_is_given_back(town: Town) -> None:
    space = town.talk()
    town.fake.fail("kf/send_msg", -1)
    with pytest.raises(Temporary):
        town.do(Verb.SEND, space, "x")
    town.fake.fail("kf/send_msg", 95016)
    with pytest.raises(Refused):
        town.do(Verb.SEND, space, "x")
    assert talks.may_be_said(space.pk)[0] == 5


def test_an_answer_that_never_came_is_uncertain_and_stays_counted(town: Town) -> None:
    space = town.talk()
    town.fake.fail("kf/send_msg", 502)
    with pytest.raises(Uncertain):
        town.do(Verb.SEND, space, "x")
    assert talks.may_be_said(space.pk)[0] == 4


def test_whoever_opens_the_talk_is_greeted_once_without_using_up_answers(town: Town) -> None:
    space = town.talk(is_open=False)
    code = town.fake.kf_enter(town.corp, town.desk, town.ann)
    WechatTalk.objects.create(
        space=space, welcome_code=code, welcome_until=clock.now() + timedelta(seconds=20)
    )
    town.do(Verb.SEND, space, "welcome")
    assert [one["text"]["content"] for one in town.shown()] == ["welcome"]
    assert WechatTalk.objects.get().welcome_code == ""
    with pytest.raises(Refused):
        town.do(Verb.SEND, space, "again")


def test_buttons_stand_in_a_menu_and_come_back_signed(town: Town) -> None:
    space = town.talk()
    given = (Button("Fees", data="fees"), Button("Open", url="https://example.org"))
    town.do(Verb.SEND, space, "How can we help?", buttons=given)
    menu = town.shown()[0]["msgmenu"]
    assert menu["head_content"] == "How can we help?"
    assert menu["list"][1] == {"type": "view", "view": {"url": "https://example.org", "content": "Open"}}
    assert buttons.unpack(menu["list"][0]["click"]["id"]) == "fees"


def test_a_picture_travels_to_wechat_once(town: Town) -> None:
    space, digest = town.talk(), enclosures.keep("chart.png", PICTURE, by="staff:1")
    town.do(Verb.SEND, space, "one", media=(digest,))
    town.do(Verb.SEND, space, "two", media=(digest,))
    assert [one["msgtype"] for one in town.shown()] == ["image", "text"] * 2
    assert len(town.fake.called("media/upload")) == 1
    assert talks.may_be_said(space.pk)[0] == 1


def test_a_file_that_left_without_its_words_is_a_question_for_a_person(town: Town) -> None:
    space, digest = town.talk(), enclosures.keep("chart.png", PICTURE, by="staff:1")
    WechatTalk.objects.filter(pk=space.pk).update(sends_left=1)
    with pytest.raises(Uncertain) as caught:
        town.do(Verb.SEND, space, "words", media=(digest,))
    assert "file was sent" in caught.value.text.en
    assert [one["msgtype"] for one in town.shown()] == ["image"]


def test_our_own_message_can_be_taken_back_for_two_minutes(town: Town) -> None:
    space = town.talk()
    sent = town.do(Verb.SEND, space, "oops").external_id
    row = a_message(space.pk, sent)
    town.do(Verb.DELETE, space, message=sent, message_id=row.pk)
    assert town.shown()[0]["recalled"]
    Message.objects.filter(pk=row.pk).update(sent_at=clock.now() - timedelta(minutes=3))
    for changed, why in (({}, "two minutes"), ({"direction": "in"}, "others")):
        Message.objects.filter(pk=row.pk).update(**changed)
        with pytest.raises(Unsupported) as caught:
            town.adapter.check(Act(Verb.DELETE, space.pk, message_id=row.pk), Refs(space.external_id, sent))
        assert why in caught.value.text.en


def test_a_follower_hears_our_words_and_links_stand_below_them(town: Town) -> None:
    space = town.follower()
    town.do(Verb.SEND, space, "News", buttons=(Button("Read", url="https://example.org/a"),))
    shown = town.account.followers[town.openid].shown
    assert shown[0]["text"]["content"] == "News\n\nRead: https://example.org/a"
    assert talks.may_be_said(space.pk)[0] == 4


def test_a_robot_says_twenty_things_in_a_minute_and_the_next_one_waits(town: Town) -> None:
    space = town.robot.space
    for number in range(20):
        town.do(Verb.SEND, space, f"bell {number}")
    with pytest.raises(Temporary) as caught:
        town.do(Verb.SEND, space, "too much")
    assert 50 < (caught.value.retry_after or 0) <= 61
    assert len(town.corp.robots[town.robot_key].shown) == 20


def test_a_robot_shows_pictures_and_says_when_it_is_gone(town: Town) -> None:
    space, digest = town.robot.space, enclosures.keep("chart.png", PICTURE, by="staff:1")
    town.do(Verb.SEND, space, "look", media=(digest,))
    shown = town.corp.robots[town.robot_key].shown
    assert [one["msgtype"] for one in shown] == ["image", "text"]
    town.corp.robots.clear()
    with pytest.raises(Refused):
        town.do(Verb.SEND, space, "hello?")
    town.robot.refresh_from_db()
    assert town.robot.state == State.REVOKED
    assert town.robot.problem["zh"]


def test_words_to_a_customer_group_wait_until_its_owner_confirms(town: Town) -> None:
    from guildhall.channels import waiting

    told: list[waiting.Settled] = []
    waiting.on_settled("test", told.append)
    try:
        receipt = town.do(Verb.SEND, town.group.space, "Maintenance at nine")
        assert receipt.is_waiting
        made = MassSend.objects.get()
        assert made.state == MassSend.State.WAITING
        assert mass.look(made).state == MassSend.State.WAITING
        assert not Message.objects.exists()
        town.fake.confirm(town.corp, made.msgid, "lilei")
        assert mass.look(made).state == MassSend.State.DONE
    finally:
        waiting._listeners.pop("test")
    assert [one.ending for one in told] == [waiting.Ending.DONE]
    kept = Message.objects.get(pk=told[0].message_id)
    assert (kept.text, kept.space_id) == ("Maintenance at nine", town.group.space_id)


def test_a_customer_gets_no_more_mass_sends_than_wecom_allows(town: Town) -> None:
    WecomCorp.objects.update(allowance=WecomCorp.Allowance.DAY)
    town.row.refresh_from_db()
    bob = town.fake.add_customer(town.corp, "Bob", "lilei")
    first = mass.to_customers(town.row, [town.ann], mass.content_of("one"), by="staff:1")
    mass.give(first)
    assert mass.left(town.row, [town.ann, bob]) == {town.ann: 0, bob: 1}
    second = mass.to_customers(town.row, [town.ann, bob], mass.content_of("two"), by="staff:1")
    mass.give(second)
    states = dict(second.targets.values_list("target", "state"))
    assert states == {town.ann: "over", bob: "waiting"}
    third = mass.to_customers(town.row, [town.ann], mass.content_of("three"), by="staff:1")
    with pytest.raises(Refused) as caught:
        mass.give(third)
    assert caught.value.why == "mass_over"
    third.refresh_from_db()
    assert third.state == MassSend.State.FAILED


def test_a_mass_send_can_be_called_off_before_it_is_confirmed(town: Town) -> None:
    made = mass.give(mass.to_customers(town.row, [town.ann], mass.content_of("one"), by="staff:1"))
    mass.call_off(made, "staff:1")
    assert made.targets.get().state == "cancelled"
    assert mass.left(town.row, [town.ann])[town.ann] >= 28
    assert town.corp.masses[made.msgid].cancelled


def test_a_code_into_a_group_is_made_and_taken_back(town: Town) -> None:
    receipt = town.do(Verb.CREATE_INVITE, town.group.space, params=(("state", "spring"), ("name", "Spring")))
    way = WecomWay.objects.get()
    assert (receipt.external_id, way.state) == (way.qr_url, "spring")
    assert town.corp.joins[way.config_id]["chat_id_list"] == [town.chat]
    done = town.do(Verb.REVOKE_INVITE, town.group.space, params=(("link", way.qr_url),))
    done.record()
    assert town.corp.joins == {}
    assert WecomWay.objects.get().removed_at is not None


def test_an_expired_token_is_replaced_and_the_call_made_again(town: Town) -> None:
    space = town.talk()
    town.do(Verb.SEND, space, "one")
    town.fake.invalidate_tokens()
    town.do(Verb.SEND, space, "two")
    assert [one["text"]["content"] for one in town.shown()] == ["one", "two"]
    assert AccessToken.objects.get(pk=f"wecom:{town.corp.id}:kf").generation == 2


def test_a_refused_secret_stops_everything_and_says_so_once(town: Town) -> None:
    space = town.talk()
    town.corp.secrets["kf"] = "another"
    town.fake.invalidate_tokens()
    for _ in range(2):
        with pytest.raises(Temporary):
            town.do(Verb.SEND, space, "x")
    town.row.refresh_from_db()
    assert town.row.state == State.REVOKED
    assert town.row.problem["why"] == "revoked"
    assert talks.may_be_said(space.pk)[0] == 5


def test_a_paused_corporation_says_nothing_and_loses_nothing(town: Town) -> None:
    space = town.talk()
    WecomCorp.objects.update(state=State.PAUSED)
    with pytest.raises(Temporary):
        town.do(Verb.SEND, space, "x")
    assert talks.may_be_said(space.pk)[0] == 5


@pytest.mark.parametrize("verb", [Verb.KICK, Verb.BAN, Verb.RESTRICT, Verb.SET_TITLE, Verb.PIN])
def test_what_wechat_lets_no_program_do_is_refused_with_the_manual_step(town: Town, verb: Verb) -> None:
    declared = town.adapter.capabilities[verb]
    assert not declared.supported
    assert declared.manual_step.zh


def test_nobody_writes_to_a_customer_in_the_name_of_staff(town: Town) -> None:
    with pytest.raises(Unsupported) as caught:
        town.adapter.check(Act(Verb.SEND, "s", text="x"), Refs(f"contact:lilei/{town.ann}"))
    assert "mass send" in caught.value.manual_step.en


def test_long_words_above_links_are_refused_where_a_menu_would_hold_them(town: Town) -> None:
    link = (Button("Open", url="https://example.org"),)
    act = Act(Verb.SEND, "s", text="x" * 1500, buttons=link)
    town.adapter.check(act, Refs(town.chat))
    with pytest.raises(BadInput):
        town.adapter.check(act, Refs(f"kf:{town.desk}/{town.ann}"))
    with pytest.raises(Permanent):
        town.do(Verb.SEND, town.talk(), act.text, buttons=link)


def test_a_mass_send_that_wecom_has_forgotten_ends(town: Town) -> None:
    made = mass.give(mass.to_customers(town.row, [town.ann], mass.content_of("one"), by="staff:1"))
    town.corp.masses.clear()
    with pytest.raises(Refused):
        mass.look(made)
    MassSend.objects.update(created_at=clock.now() - timedelta(days=9))
    assert mass.look(MassSend.objects.get()).state == MassSend.State.DONE
    assert made.targets.get().state == "cancelled"


def test_through_the_engine_words_become_messages_and_a_groups_words_wait(town: Town) -> None:
    from guildhall.channels import actions
    from guildhall.effects.models import Effect
    from guildhall.effects.testing import drain

    talk, group = town.talk(), town.group.space
    for space in (talk, group):
        act = Act(Verb.SEND, space.pk, text="Withdrawals are open again")
        actions.request(act, actor="staff:1", reason="because", clearance=cleared(act.text))
    drain()
    assert set(Effect.objects.filter(kind="channels.act").values_list("state", flat=True)) == {"done"}
    said = Message.objects.get()
    assert (said.space_id, said.external_id) == (talk.pk, town.shown()[0]["msgid"])
    assert said.external_id.startswith("gh-")
    made = MassSend.objects.get()
    assert (made.created_by, made.state) == ("staff:1", MassSend.State.WAITING)
    town.fake.confirm(town.corp, made.msgid, "lilei")
    drain_results()
    assert Message.objects.filter(space=group, text="Withdrawals are open again").count() == 1


def test_words_are_measured_in_bytes(town: Town) -> None:
    assert town.adapter.limits.count("好a") == 4
    with pytest.raises(BadInput):
        town.adapter.check(
            Act(Verb.SEND, "s", text="好" * 400, buttons=(Button("x", data="x"),)),
            Refs(f"kf:{town.desk}/{town.ann}"),
        )


def drain_results() -> None:
    """As the schedule does every five minutes."""
    from django.db import transaction

    from guildhall.channels.wecom import upkeep
    from guildhall.effects import actions as effects
    from guildhall.effects.testing import drain

    with transaction.atomic():
        effects.enqueue(effects.NewEffect(upkeep.RESULTS))
    drain()


def a_message(space_id: str, external_id: str) -> Any:
    now = clock.now()
    return Message.objects.create(
        id=new_id(), space_id=space_id, external_id=external_id, direction="out", text="x", sent_at=now,
        received_at=now,
    )  # fmt: skip
