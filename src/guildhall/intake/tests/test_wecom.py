"""What becomes of everything WeCom and Official Accounts tell: recorded once, fetched where it is only hinted
at, never believed from anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from guildhall.channels.models import Delivery, Message, Quarantine, Space, SpaceMember
from guildhall.channels.testing.wecom.world import xml
from guildhall.channels.tests.wecom_town import at_wechat, settle
from guildhall.channels.wecom import callbacks, desks, follow, talks, upkeep
from guildhall.channels.wecom.follow import look
from guildhall.channels.wecom.models import (
    State,
    WechatAccount,
    WechatTalk,
    WecomCorp,
    WecomGroup,
    WecomGroupMember,
    WecomKf,
)
from guildhall.core import clock
from guildhall.effects import actions as effects
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard.actions import install_shipped
from guildhall.intake import wecom_jobs
from guildhall.intake.tests.wecom_scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    install_shipped(by="system:test")
    # The door's threads own their connections; this one is the test's.
    monkeypatch.setattr(callbacks, "close_old_connections", lambda: None)
    monkeypatch.setattr(follow, "_heard_at", {})
    with at_wechat(monkeypatch) as fake:
        made = Scene(settle(fake))
        yield made
        assert fake.violations() == []
        assert fake.failures == []


def texts(space: str = "") -> list[str]:
    rows = Message.objects.order_by("id")
    return list((rows.filter(space__external_id=space) if space else rows).values_list("text", flat=True))


def members(chat: str) -> dict[str, str]:
    return dict(
        SpaceMember.objects.filter(space__external_id=chat).values_list("account__external_id", "state")
    )


# Customers of staff


def test_a_customer_who_comes_by_a_code_is_known_with_its_mark(scene: Scene) -> None:
    town = scene.town
    bob = town.fake.add_customer(town.corp, "Bob")
    town.fake.befriend(town.corp, bob, "lilei", state="spring-sg")
    assert [one.status for one in scene.listen()] == [200]
    member = SpaceMember.objects.get(space__external_id=f"contact:lilei/{bob}")
    assert (member.account.external_id, member.invite, member.state) == (bob, "spring-sg", "member")
    space = Space.objects.get(pk=member.space_id)
    assert (space.kind, space.name, member.account.display_name) == ("private", "Bob", "Bob")
    town.fake.unfriend(town.corp, bob, "lilei")
    scene.listen()
    member.refresh_from_db()
    assert member.state == "left"


def test_when_wecom_last_called_is_noted(scene: Scene) -> None:
    town = scene.town
    bob = town.fake.add_customer(town.corp, "Bob")
    town.fake.befriend(town.corp, bob, "lilei")
    scene.listen()
    assert WecomCorp.objects.get().last_callback_at is not None


# Customer groups


def test_a_group_is_known_with_everybody_in_it_and_how_they_came(scene: Scene) -> None:
    town = scene.town
    town.fake.add_staff(town.corp, "meimei", "韩梅梅")
    chat = town.fake.add_group(town.corp, "meimei", "Singapore 1")
    town.fake.join(town.corp, chat, town.ann, state="sg-1")
    scene.listen()
    space = Space.objects.get(external_id=chat)
    assert (space.name, space.kind) == ("Singapore 1", "group")
    group = WecomGroup.objects.get(space=space)
    assert (group.owner, group.member_count) == ("meimei", 2)
    ann = WecomGroupMember.objects.get(group=group, userid=town.ann)
    assert (ann.state, ann.kind, ann.name) == ("sg-1", WecomGroupMember.CUSTOMER, "Ann")
    assert ann.account is not None
    assert members(chat) == {"meimei": "owner", town.ann: "member"}
    assert SpaceMember.objects.get(space=space, account=ann.account).invite == "sg-1"


def test_who_comes_and_goes_afterwards_is_told_apart_from_who_was_there(scene: Scene) -> None:
    town, fake, corp = scene.town, scene.town.fake, scene.town.corp
    chat = fake.add_group(corp, "lilei", "Traders two")
    scene.listen()
    bob, eve = fake.add_customer(corp, "Bob"), fake.add_customer(corp, "Eve")
    fake.join(corp, chat, bob, state="autumn")
    fake.join(corp, chat, eve, invitor=bob)
    scene.listen()
    group = WecomGroup.objects.get(space__external_id=chat)
    assert group.members.get(userid=eve).invitor == bob
    fake.leave(corp, chat, bob, removed=True)
    scene.listen()
    gone = group.members.get(userid=bob)
    assert (gone.left_at is not None, gone.left_scene) == (True, 1)
    assert members(chat) == {"lilei": "owner", bob: "left", eve: "member"}
    assert WecomGroup.objects.get(pk=group.pk).member_count == 2
    assert town.fake.called("externalcontact/groupchat/get")


def test_many_callbacks_about_one_group_are_one_look(scene: Scene) -> None:
    fake, corp = scene.town.fake, scene.town.corp
    chat = fake.add_group(corp, "lilei", "Crowded")
    for number in range(8):
        fake.join(corp, chat, fake.add_customer(corp, f"C{number}"))
    scene.listen()
    assert len(fake.called("externalcontact/groupchat/get")) <= 2
    assert WecomGroup.objects.get(space__external_id=chat).member_count == 9


def test_a_renamed_and_a_dismissed_group_are_followed(scene: Scene) -> None:
    fake, corp = scene.town.fake, scene.town.corp
    chat = fake.add_group(corp, "lilei", "Old name")
    scene.listen()
    fake.rename_group(corp, chat, "New name")
    fake.set_notice(corp, chat, "Be kind")
    scene.listen()
    assert Space.objects.get(external_id=chat).name == "New name"
    assert WecomGroup.objects.get(space__external_id=chat).notice == "Be kind"
    fake.dismiss(corp, chat)
    scene.listen()
    assert WecomGroup.objects.get(space__external_id=chat).dismissed_at is not None


def test_a_look_that_was_killed_before_it_was_noted_changes_nothing_the_second_time(scene: Scene) -> None:
    fake, corp = scene.town.fake, scene.town.corp
    chat = fake.add_group(corp, "lilei", "Twice")
    scene.listen()
    fake.join(corp, chat, fake.add_customer(corp, "Bob"))
    scene.listen()
    before = SpaceMember.objects.count(), WecomGroupMember.objects.count(), Effect.objects.count()
    WecomGroup.objects.filter(space__external_id=chat).update(member_version="", member_count=0)
    from django.db import transaction

    with transaction.atomic():
        effects.enqueue(look(corp.id, chat))
    drain()
    after = SpaceMember.objects.count(), WecomGroupMember.objects.count(), Effect.objects.count() - 1
    assert before == after
    assert WecomGroup.objects.get(space__external_id=chat).member_count == 2


def test_everything_of_a_corporation_is_listed_once_a_day(scene: Scene) -> None:
    town = scene.town
    town.fake.add_group(town.corp, "lilei", "Quiet one", quiet=True)
    from django.db import transaction

    with transaction.atomic():
        effects.enqueue(upkeep.listing(town.row.pk))
    drain()
    assert set(Space.objects.filter(kind="group").values_list("name", flat=True)) == {"Traders", "Quiet one"}
    assert WecomKf.objects.get().url.startswith("https://work.weixin.qq.com/kfid/")
    assert WecomCorp.objects.get().synced_at is not None
    assert town.row.people.get().name in ("李雷", "lilei")


# 微信客服


def test_what_a_customer_writes_is_fetched_and_their_window_opens(scene: Scene) -> None:
    town = scene.town
    town.fake.kf_say(town.corp, town.desk, town.ann, "大家好 https://example.org")
    scene.listen()
    talk = f"kf:{town.desk}/{town.ann}"
    assert texts(talk) == ["大家好 https://example.org"]
    space = Space.objects.get(external_id=talk)
    assert (space.kind, space.name) == ("private", "Ann")
    assert talks.may_be_said(space.pk)[0] == 5
    assert WecomKf.objects.get().cursor


def test_every_kind_of_message_is_kept(scene: Scene) -> None:
    town = scene.town
    for kind, part in (
        ("image", {"media_id": "m1"}),
        ("voice", {"media_id": "m2"}),
        ("video", {"media_id": "m3"}),
        ("file", {"media_id": "m4"}),
        ("location", {"latitude": 1.3, "longitude": 103.8, "name": "Office", "address": "1 Road"}),
        ("link", {"title": "Win", "desc": "now", "url": "https://evil.example"}),
        ("business_card", {"userid": "lilei"}),
        ("miniprogram", {"title": "App", "appid": "wx1", "pagepath": "p"}),
        ("merged_msg", {"title": "History", "item": [{"sender_name": "A", "msg_content": "hi"}]}),
        ("channels", {"title": "Clip", "nickname": "N", "sub_type": 1}),
        ("channels_shop_order", {"order_id": "1", "product_titles": "T"}),
        ("note", {}),
    ):
        town.fake.kf_say(town.corp, town.desk, town.ann, kind=kind, **part)
    scene.listen()
    assert not Quarantine.objects.exists()
    kinds = [row.media[0]["kind"] for row in Message.objects.order_by("id")]
    assert kinds == [
        "photo", "voice", "video", "document", "location", "card", "card", "card", "card", "card", "card",
        "other",
    ]  # fmt: skip
    assert sum("evil.example" in str(row.links) for row in Message.objects.all()) == 1


def test_a_hint_that_was_lost_is_made_up_for_by_asking(scene: Scene) -> None:
    from django.db import transaction

    town = scene.town
    town.fake.kf_say(town.corp, town.desk, town.ann, "one", tell=False)
    with transaction.atomic():
        effects.enqueue(effects.NewEffect(wecom_jobs.POLL))
    drain()
    assert texts() == ["one"]


def test_what_is_fetched_again_is_recorded_once(scene: Scene) -> None:
    town = scene.town
    for number in range(30):
        town.fake.kf_say(town.corp, town.desk, town.ann, f"n{number}")
    scene.listen()
    WecomKf.objects.update(cursor="", synced_at=None)
    town.fake.kf_say(town.corp, town.desk, town.ann, "last")
    scene.listen()
    assert texts() == [*(f"n{number}" for number in range(30)), "last"]


def test_a_customer_who_opens_the_talk_may_be_greeted_for_twenty_seconds(scene: Scene) -> None:
    town = scene.town
    town.fake.kf_enter(town.corp, town.desk, town.ann, scene="web", param="spring")
    scene.listen()
    talk = WechatTalk.objects.get()
    assert talk.welcome_code
    assert talk.welcome_until is not None
    assert talk.welcome_until - clock.now() <= timedelta(seconds=20)
    assert (talk.scene, talk.scene_param) == ("web", "spring")
    assert SpaceMember.objects.get(space_id=talk.pk).invite == "spring"


def test_a_message_taken_back_by_the_customer_is_gone_for_us_too(scene: Scene) -> None:
    town = scene.town
    msgid = town.fake.kf_say(town.corp, town.desk, town.ann, "oops")
    town.fake.kf_recall(town.corp, town.desk, town.ann, msgid)
    scene.listen()
    assert not Message.objects.get().visible


def test_a_talk_is_handed_to_staff_and_taken_back(scene: Scene) -> None:
    town = scene.town
    town.fake.corp(town.corp).kf[town.desk].servicers.append("lilei")
    town.fake.kf_say(town.corp, town.desk, town.ann, "hello")
    scene.listen()
    space = Space.objects.get(external_id=f"kf:{town.desk}/{town.ann}")
    assert desks.who_has(space).state is desks.Service.UNASSIGNED
    desks.hand_over(space, "lilei", "staff:1")
    scene.listen()
    talk = WechatTalk.objects.get()
    assert (talk.service_state, talk.servicer) == (desks.Service.WITH_STAFF, "lilei")
    assert desks.who_has(space) == desks.Serving(desks.Service.WITH_STAFF, "lilei")
    desks.take(space, "staff:1")
    desks.end(space, "staff:1")
    assert WechatTalk.objects.get().service_state == desks.Service.OVER


def test_staff_who_answer_in_wecom_are_heard_and_do_not_open_the_window(scene: Scene) -> None:
    town = scene.town
    item = {
        "msgid": "s1", "send_time": int(clock.now().timestamp()), "origin": 5, "msgtype": "text",
        "open_kfid": town.desk, "external_userid": town.ann, "servicer_userid": "lilei",
        "text": {"content": "I am on it"},
    }  # fmt: skip
    wecom_jobs._record([{"corp": town.corp.id, "kf": item}])
    message = Message.objects.get()
    assert message.account is not None
    assert message.account.external_id == "lilei"
    assert talks.may_be_said(message.space_id)[0] == 0


# Official Accounts


def test_a_follower_comes_by_a_code_writes_presses_and_goes(scene: Scene) -> None:
    town = scene.town
    openid = town.fake.subscribe(town.account, scene="expo")
    scene.listen()
    space = Space.objects.get(platform="wechat_oa")
    assert space.external_id == f"{openid}/{town.account.id}"
    assert SpaceMember.objects.get().invite == "expo"
    assert talks.may_be_said(space.pk)[0] == 3
    town.fake.say(town.account, openid, "hello")
    scene.listen()
    assert texts() == ["hello"]
    assert talks.may_be_said(space.pk)[0] == 5
    town.fake.follower_scans(town.account, openid, "desk-2")
    town.fake.press(town.account, openid, "fees")
    town.fake.unsubscribe(town.account, openid)
    scene.listen()
    assert not Quarantine.objects.exists()
    talk = WechatTalk.objects.get()
    assert (talk.scene_param, talk.sends_left, talk.unsubscribed_at is not None) == ("desk-2", 0, True)
    assert SpaceMember.objects.get().state == "left"
    assert WechatAccount.objects.get().last_callback_at is not None


# Who is believed


def test_the_address_is_confirmed_to_wecom_and_to_wechat(scene: Scene) -> None:
    from guildhall.channels.testing.wecom import sealing

    town, now = scene.town, int(clock.now().timestamp())
    corp = town.fake.callback_of(town.corp)
    assert corp is not None
    echo = sealing.encrypt(corp.aes_key, town.corp.id, "4711")
    query = sealing.query(corp.token, now, "n", echo, echostr=echo)
    assert scene.post(town.corp, query, b"", "GET").reply == b"4711"
    public = town.fake.callback_of(town.account)
    assert public is not None
    plain = sealing.signature(public.token, str(now), "n")
    query = f"signature={plain}&timestamp={now}&nonce=n&echostr=4711"
    assert scene.post(town.account, query, b"", "GET").reply == b"4711"
    wrong = query.replace("nonce=n", "nonce=m")
    assert scene.post(town.account, wrong, b"", "GET").status == 403


def test_what_is_told_again_is_recorded_once_and_late_repetitions_are_refused(scene: Scene) -> None:
    town = scene.town
    openid = town.fake.subscribe(town.account)
    town.fake.say(town.account, openid, "hello")
    scene.letters.popleft()
    owner, plain = scene.letters.popleft()
    now = int(clock.now().timestamp())
    query, body = town.fake.sealed(owner, plain, now)
    assert scene.post(owner, query, body).status == 200
    assert scene.post(owner, query, body).status == 200  # as WeChat itself repeats it
    assert texts() == ["hello"]
    old = town.fake.sealed(owner, plain, now - 60)
    assert scene.post(owner, *old).status == 403
    assert texts() == ["hello"]
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("ago", [301, 3600, -301])
def test_what_is_older_or_newer_than_five_minutes_is_refused(scene: Scene, ago: int) -> None:
    owner = scene.town.corp
    plain = xml({"MsgType": "event", "Event": "kf_msg_or_event", "CreateTime": 1, "OpenKfId": "x"})
    answer = scene.carry(owner, plain, at=int(clock.now().timestamp()) - ago)
    assert answer.status == 403
    assert not Effect.objects.filter(kind="wecom.kf_sync").exists()


def test_forged_callbacks_are_refused_whatever_is_forged(scene: Scene) -> None:
    town, fake = scene.town, scene.town.fake
    plain = xml({
        "ToUserName": town.corp.id, "FromUserName": "sys", "CreateTime": int(clock.now().timestamp()),
        "MsgType": "event", "Event": "kf_msg_or_event", "Token": "t", "OpenKfId": town.desk,
    })  # fmt: skip
    query, body = fake.sealed(town.corp, plain)
    public_query, public_body = fake.sealed(town.account, plain)
    signature = query.split("msg_signature=")[1].split("&")[0]
    for bad_query, bad_body in (
        (query.replace(signature, "0" * 40), body),
        (query.replace(signature, ""), body),
        (query + "&timestamp=1", body),
        (query.replace("timestamp=", "timestamp=1"), body),
        (query.replace("nonce=", "nonce=1"), body),
        ("", body),
        (query, body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[A")),
        (query, public_body),
        (public_query, public_body),  # sealed for our other account
        (query, body + body),
        (query, b""),
        (query, b"\xff\xfe"),
        (query, b"<!DOCTYPE x [<!ENTITY y 'z'>]><xml><Encrypt>&y;</Encrypt></xml>"),
    ):
        assert scene.post(town.corp, bad_query, bad_body).status in (400, 403), bad_query
    assert not Effect.objects.filter(kind="wecom.kf_sync").exists()
    assert scene.post(town.corp, query, body).status == 200
    assert Effect.objects.filter(kind="wecom.kf_sync").count() == 1


def test_a_paused_corporation_is_not_heard_and_an_unknown_one_does_not_exist(scene: Scene) -> None:
    from guildhall.channels.hooks import Call

    WecomCorp.objects.update(state=State.PAUSED)
    assert scene.carry(scene.town.corp, "<xml></xml>").status == 503
    unknown = Call("POST", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "", {}, clock.now())
    assert scene.corp_hook.admit(unknown) == 404


def test_an_event_nobody_knows_is_put_aside_whole(scene: Scene) -> None:
    plain = xml({
        "ToUserName": scene.town.corp.id, "FromUserName": "sys", "CreateTime": int(clock.now().timestamp()),
        "MsgType": "event", "Event": "something_of_next_year",
    })  # fmt: skip
    assert scene.carry(scene.town.corp, plain).status == 200
    assert "something_of_next_year" in bytes(Quarantine.objects.get().raw).decode()
