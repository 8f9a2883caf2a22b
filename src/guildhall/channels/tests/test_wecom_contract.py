"""WeCom and Official Accounts keep the contract of adapters; every verb they declare is performed against the
fake WeChat.
"""

from __future__ import annotations

import contextlib
from typing import Any

import orjson
import pytest

from guildhall.channels.port import Kind, MemberState, Verb
from guildhall.channels.testing.contract import AT, AdapterContract
from guildhall.channels.tests.wecom_town import at_wechat, settle
from guildhall.channels.wecom.adapter import WechatOaAdapter, WecomAdapter
from guildhall.core.errors import BadInput
from guildhall.effects.types import Mode

CORP, APP, DESK = "ww0123456789abcdef", "wx0123456789abcdef", "wkContract"
SECONDS = int(AT.timestamp())


def item(kind: str, sender: str, message_id: str, **part: Any) -> dict[str, Any]:
    return {
        "msgid": message_id, "open_kfid": DESK, "external_userid": sender, "send_time": SECONDS, "origin": 3,
        "msgtype": kind, kind: part,
    }  # fmt: skip


def wrapped(one: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps({"corp": CORP, "kf": one, **more})


def event(fields: dict[str, Any]) -> str:
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inner}<CreateTime>{SECONDS}</CreateTime></xml>"


class TestWecom(AdapterContract):
    """Talks of 微信客服; joins and leaves are those of a member of staff's customers."""

    adapter = WecomAdapter()
    space = f"kf:{DESK}/s1"

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        return wrapped(item("text", sender, message_id, content=text), **more)

    def join(self, *, sender: str) -> bytes:
        return self._customer("add_external_contact", sender)

    def leave(self, *, sender: str) -> bytes:
        return self._customer("del_follow_user", sender)

    def deletion(self, *, message_id: str) -> bytes:
        about = {
            "event_type": "user_recall_msg", "open_kfid": DESK, "external_userid": "s1",
            "recall_msgid": message_id,
        }  # fmt: skip
        one = {"msgid": "e1", "send_time": SECONDS, "origin": 4, "msgtype": "event", "event": about}
        return wrapped(one)

    def attachment(self, text: str, *, message_id: str, sender: str) -> bytes:
        return wrapped(item("image", sender, message_id, media_id="3abc"))

    def unknown(self) -> bytes:
        fields = {"ToUserName": CORP, "MsgType": "event", "Event": "of_next_year"}
        return orjson.dumps({"corp": CORP, "xml": event(fields)})

    def _customer(self, change: str, customer: str) -> bytes:
        fields = {
            "ToUserName": CORP, "FromUserName": "sys", "MsgType": "event", "Event": "change_external_contact",
            "ChangeType": change, "UserID": "lilei", "ExternalUserID": customer,
        }  # fmt: skip
        return orjson.dumps({"corp": CORP, "xml": event(fields)})

    def test_performing_a_repeatable_verb_twice_is_as_good_as_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with at_wechat(monkeypatch) as fake:
            town = settle(fake)
            talk, group = town.talk(), town.group.space
            sent = town.do(Verb.SEND, talk, "hello").external_id
            link = town.do(Verb.CREATE_INVITE, group).external_id
            for verb, capability in self.adapter.capabilities.items():
                if not capability.supported or self.adapter.mode(verb) is not Mode.REPEATABLE:
                    continue
                for _ in range(2):
                    if verb is Verb.DELETE:
                        town.do(verb, talk, message=sent)
                    else:
                        town.do(verb, group, params=(("link", link),))
            assert town.corp.joins == {}
            assert fake.violations() == []

    def test_a_group_tells_who_came_with_their_code_and_who_brought_them(self) -> None:
        rows = [
            {"userid": "wmAnn", "name": "Ann", "state": "spring", "invitor": {"userid": "lilei"}},
            {"userid": "lilei", "type": 1},
        ]
        body = {"corp": CORP, "chat": {"chat_id": "wr1", "name": "Traders", "owner": "lilei"}, "at": SECONDS}
        inbound = self.adapter.parse(orjson.dumps({**body, "came": rows}))
        assert (inbound.kind, inbound.space.title, inbound.sent_at) == (Kind.JOIN, "Traders", AT)
        ann, lilei = inbound.members
        assert (ann.invite, ann.by, ann.after) == ("spring", "lilei", MemberState.MEMBER)
        assert lilei.after is MemberState.OWNER

    def test_a_menu_of_somebody_else_is_what_the_customer_said(self) -> None:
        body = wrapped(item("text", "s1", "m1", content="Fees", menu_id="101"))
        inbound = self.adapter.parse(body)
        assert (inbound.kind, inbound.text, inbound.callback) == (Kind.MESSAGE, "Fees", None)

    def test_a_pressed_button_of_ours_brings_back_what_we_signed(self, db: None) -> None:
        from guildhall.channels.telegram import buttons

        body = wrapped(item("text", "s1", "m1", content="Fees", menu_id=buttons.pack("fees:1")))
        inbound = self.adapter.parse(body)
        assert inbound.kind is Kind.CALLBACK
        assert inbound.callback is not None
        assert inbound.callback.data == "fees:1"


class TestWechatOa(AdapterContract):
    adapter = WechatOaAdapter()
    space = f"s1/{APP}"

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        return self._body(sender, {"MsgType": "text", "MsgId": message_id, "Content": text}, **more)

    def join(self, *, sender: str) -> bytes:
        return self._body(sender, {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_expo"})

    def leave(self, *, sender: str) -> bytes:
        return self._body(sender, {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""})

    def attachment(self, text: str, *, message_id: str, sender: str) -> bytes:
        return self._body(
            sender, {"MsgType": "image", "MsgId": message_id, "MediaId": "m", "PicUrl": "http://x"}
        )

    def unknown(self) -> bytes:
        return self._body("s1", {"MsgType": "event", "Event": "of_next_year"})

    def _body(self, sender: str, fields: dict[str, Any], **more: Any) -> bytes:
        said = event({"ToUserName": "gh_1", "FromUserName": sender, **fields})
        return orjson.dumps({"app": APP, "xml": said, **more})

    def test_a_code_says_by_which_way_a_follower_came(self) -> None:
        inbound = self.adapter.parse(self.join(sender="s1"))
        assert inbound.members[0].invite == "expo"


def test_a_callback_with_any_field_doubled_or_missing_never_ends_the_reading() -> None:
    fields = {
        "ToUserName": CORP, "FromUserName": "s1", "MsgType": "event", "Event": "change_external_chat",
        "ChangeType": "update", "ChatId": "wr1", "UpdateDetail": "add_member", "MsgId": "1", "Content": "x",
    }  # fmt: skip
    for adapter, name in ((WecomAdapter(), "corp"), (WechatOaAdapter(), "app")):
        for field in fields:
            rest = {key: value for key, value in fields.items() if key != field}
            doubled = event(fields).replace(f"<{field}>", f"<{field}>x</{field}><{field}>")
            nested = event(fields).replace(f"<{field}>", f"<{field}><In>1</In>")
            for document in (event(rest), doubled, nested):
                with contextlib.suppress(BadInput):
                    adapter.parse(orjson.dumps({name: "w1", "xml": document}))
