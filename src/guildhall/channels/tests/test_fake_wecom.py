"""The fake WeChat, called by a plain HTTP client as an independent peer: what it accepts, refuses and tells."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from guildhall.channels.testing.wecom import Account, Control, Corp, FakeWecom, sealing

AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TOKEN = "QDG6eK"


@pytest.fixture
def wx() -> Iterator[FakeWecom]:
    with FakeWecom() as fake:
        yield fake
        assert not fake.failures


class Api:
    """Calls with the token of one agent."""

    def __init__(self, wx: FakeWecom, owner: Corp | Account, agent: str = "app") -> None:
        self.wx, self.owner, self.agent = wx, owner, agent
        self.token = self.fresh()

    def fresh(self) -> str:
        if isinstance(self.owner, Account):
            given = {"grant_type": "client_credential", "appid": self.owner.id, "secret": self.owner.secret}
            answer = httpx.get(f"{self.wx.url}/cgi-bin/token", params=given).json()
        else:
            given = {"corpid": self.owner.id, "corpsecret": self.owner.secrets[self.agent]}
            answer = httpx.get(f"{self.wx.url}/cgi-bin/gettoken", params=given).json()
        return str(answer["access_token"])

    def __call__(self, path: str, body: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
        address, given = f"{self.wx.url}/cgi-bin/{path}", {"access_token": self.token, **query}
        answer = (
            httpx.get(address, params=given) if body is None else httpx.post(address, params=given, json=body)
        )
        found: dict[str, Any] = answer.json()
        return found


class Door:
    """A callback address that keeps what it is sent and answers the echo."""

    def __init__(self, receiver: str) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.status = 200
        door = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                given = {key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()}
                self.reply(door.opened(given["echostr"]))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                door.heard.append((urlsplit(self.path).query, body))
                self.reply("success")

            def reply(self, text: str) -> None:
                self.send_response(door.status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.receiver = receiver
        self.server = HTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/wecom/x"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def opened(self, sealed: str) -> str:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        if len(sealed) < 40:
            return sealed
        key = sealing.key_bytes(AES_KEY)
        import base64

        reader = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = reader.update(base64.b64decode(sealed)) + reader.finalize()
        length = int.from_bytes(plain[16:20], "big")
        text, rest = plain[20 : 20 + length], plain[20 + length : -plain[-1]]
        assert rest.decode() == self.receiver
        return text.decode()

    def events(self) -> list[str]:
        return [
            self.opened(body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0])
            for _, body in self.heard
        ]


@pytest.fixture
def corp(wx: FakeWecom) -> Corp:
    made = wx.add_corp(name="Guild")
    wx.add_staff(made, "lilei", "李雷")
    return made


@pytest.fixture
def door(wx: FakeWecom, corp: Corp) -> Iterator[Door]:
    found = Door(corp.id)
    assert wx.set_callback(corp, found.url, TOKEN, AES_KEY) == ""
    yield found
    found.server.shutdown()
    found.server.server_close()


# -- tokens ------------------------------------------------------------------------------------------


def test_a_token_is_the_same_while_it_lasts_and_refused_afterwards(wx: FakeWecom, corp: Corp) -> None:
    api = Api(wx, corp)
    assert api.fresh() == api.token
    assert api("externalcontact/get_follow_user_list")["follow_user"] == ["lilei"]
    wx.advance(7201)
    assert api("externalcontact/get_follow_user_list")["errcode"] == 42001
    assert api.fresh() != api.token
    wx.invalidate_tokens()
    assert api("externalcontact/get_follow_user_list")["errcode"] == 42001
    api.token = api.fresh()
    wx.invalidate_tokens()
    assert api("externalcontact/get_follow_user_list")["errcode"] == 40014


def test_a_wrong_secret_and_the_secret_of_another_agent_are_refused(wx: FakeWecom, corp: Corp) -> None:
    given = {"corpid": corp.id, "corpsecret": "x"}
    assert httpx.get(f"{wx.url}/cgi-bin/gettoken", params=given).json()["errcode"] == 40001
    assert Api(wx, corp, "kf")("externalcontact/get_follow_user_list")["errcode"] == 48002


# -- customers, codes, groups ------------------------------------------------------------------------


def test_a_customer_who_scans_a_code_is_announced_with_its_state_and_welcomed_once(
    wx: FakeWecom, corp: Corp, door: Door
) -> None:
    api = Api(wx, corp)
    way = api("externalcontact/add_contact_way",
              {"type": 2, "scene": 2, "state": "sg-perps-01", "user": ["lilei"], "skip_verify": True})  # fmt: skip
    ann = wx.add_customer(corp, "Ann")
    assert wx.scan(corp, way["config_id"], ann) == "lilei"
    assert wx.settled()
    told = door.events()[-1]
    assert "<State><![CDATA[sg-perps-01]]></State>" in told
    code = told.split("<WelcomeCode><![CDATA[")[1].split("]]>")[0]
    body = {"welcome_code": code, "text": {"content": "你好"}}
    assert api("externalcontact/send_welcome_msg", body)["errcode"] == 0
    assert api("externalcontact/send_welcome_msg", body)["errcode"] == 41096
    assert wx.customer(corp, ann).welcomes[0]["text"] == "你好"
    assert api("externalcontact/get", external_userid=ann)["follow_user"][0]["state"] == "sg-perps-01"
    assert wx.violations() == []


def test_a_welcome_is_too_late_after_twenty_seconds_or_once_they_talk(wx: FakeWecom, corp: Corp) -> None:
    api = Api(wx, corp)
    late = wx.befriend(corp, wx.add_customer(corp, "Ann"), "lilei")
    wx.advance(21)
    assert (
        api("externalcontact/send_welcome_msg", {"welcome_code": late, "text": {"content": "x"}})["errcode"]
        == 41050
    )
    bob = wx.add_customer(corp, "Bob")
    soon = wx.befriend(corp, bob, "lilei")
    wx.chat(corp, bob, "lilei")
    assert (
        api("externalcontact/send_welcome_msg", {"welcome_code": soon, "text": {"content": "x"}})["errcode"]
        == 41051
    )


def test_a_join_way_fills_one_group_after_the_other(wx: FakeWecom, corp: Corp, door: Door) -> None:
    api = Api(wx, corp)
    first, second = (wx.add_group(corp, "lilei", name, capacity=2) for name in ("One", "Two"))
    way = api("externalcontact/groupchat/add_join_way",
              {"scene": 2, "chat_id_list": [first, second], "state": "sg", "auto_create_room": 0})  # fmt: skip
    people = [wx.add_customer(corp, name) for name in ("Ann", "Bob", "Cai")]
    assert [wx.scan(corp, way["config_id"], one) for one in people] == [first, second, ""]
    assert wx.settled()
    detail = api("externalcontact/groupchat/get", {"chat_id": first, "need_name": 1})["group_chat"]
    joined = detail["member_list"][1]
    assert (joined["name"], joined["join_scene"], joined["state"]) == ("Ann", 3, "sg")
    assert "<UpdateDetail><![CDATA[add_member]]>" in door.events()[-1]
    assert "<Item><![CDATA[" in door.events()[-1]
    long = api(
        "externalcontact/groupchat/add_join_way", {"scene": 2, "chat_id_list": [first], "state": "x" * 31}
    )
    assert long["errcode"] == 40058


def test_a_mass_send_waits_for_staff_and_counts_what_each_customer_gets(wx: FakeWecom, corp: Corp) -> None:
    api = Api(wx, corp)
    corp.daily = True
    ann = wx.add_customer(corp, "Ann", "lilei")
    body = {"chat_type": "single", "external_userid": [ann], "text": {"content": "news"}}
    made = [api("externalcontact/add_msg_template", body) for _ in range(2)]
    before = api("externalcontact/get_groupmsg_task", {"msgid": made[0]["msgid"]})["task_list"]
    assert before == [{"userid": "lilei", "status": 0}]
    assert wx.confirm(corp, made[0]["msgid"], "lilei") == {ann: 1}
    assert wx.confirm(corp, made[1]["msgid"], "lilei") == {ann: 3}
    result = api("externalcontact/get_groupmsg_send_result", {"msgid": made[1]["msgid"], "userid": "lilei"})
    assert result["send_list"] == [{"userid": "lilei", "status": 3, "external_userid": ann}]


# -- kf, robots, Official Account --------------------------------------------------------------------


def test_a_kf_conversation_is_read_by_cursor_and_answered_five_times(
    wx: FakeWecom, corp: Corp, door: Door
) -> None:
    api, desk, ann = Api(wx, corp, "kf"), wx.add_kf(corp, "Desk"), wx.add_customer(corp, "Ann")
    wx.kf_say(corp, desk, ann, "where is my deposit?")
    assert wx.settled()
    assert "kf_msg_or_event" in door.events()[-1]
    page = api("kf/sync_msg", {"open_kfid": desk, "limit": 1000})
    assert page["msg_list"][0]["text"]["content"] == "where is my deposit?"
    assert api("kf/sync_msg", {"open_kfid": desk, "cursor": page["next_cursor"]})["msg_list"] == []
    answer = {"touser": ann, "open_kfid": desk, "msgtype": "text", "text": {"content": "on its way"}}
    assert [api("kf/send_msg", answer)["errcode"] for _ in range(6)] == [0] * 5 + [95001]
    wx.kf_say(corp, desk, ann, "thanks")
    wx.advance(48 * 3600 + 1)
    api.token = api.fresh()
    assert api("kf/send_msg", answer)["errcode"] == 95002
    assert len(wx.kf_shown(corp, desk, ann)) == 5


def test_a_robot_may_speak_twenty_times_a_minute(wx: FakeWecom, corp: Corp) -> None:
    key = wx.add_robot(corp)
    address = f"{wx.url}/cgi-bin/webhook/send?key={key}"
    body = {"msgtype": "text", "text": {"content": "hello"}}
    assert [httpx.post(address, json=body).json()["errcode"] for _ in range(21)] == [0] * 20 + [45009]
    long = {"msgtype": "text", "text": {"content": "长" * 700}}
    wx.advance(61)
    assert httpx.post(address, json=long).json()["errcode"] == 45002
    assert httpx.post(f"{wx.url}/cgi-bin/webhook/send?key=x", json=body).json()["errcode"] == 93000


def test_an_official_account_may_answer_for_48_hours(wx: FakeWecom) -> None:
    account = wx.add_account()
    api, openid = Api(wx, account), wx.subscribe(account, scene="launch")
    body = {"touser": openid, "msgtype": "text", "text": {"content": "hi"}}
    assert [api("message/custom/send", body)["errcode"] for _ in range(4)] == [0, 0, 0, 45047]
    wx.say(account, openid, "hello")
    assert api("message/custom/send", body)["errcode"] == 0
    wx.advance(48 * 3600 + 1)
    api.token = api.fresh()
    assert api("message/custom/send", body)["errcode"] == 45015
    assert api("user/info", openid=openid)["qr_scene_str"] == "launch"


# -- the callback and mischief -----------------------------------------------------------------------


def test_sealing_agrees_with_the_published_samples() -> None:
    samples = Path(__file__).with_name("wxbizmsgcrypt.json")
    for one in json.loads(samples.read_text()):
        assert sealing.signature(one["token"], one["ts"], one["nonce"], one["enc"]) == one["sig"]


def test_an_address_that_does_not_answer_the_echo_is_refused(wx: FakeWecom, corp: Corp, door: Door) -> None:
    door.status = 403
    assert "403" in wx.set_callback(corp, door.url, TOKEN, AES_KEY)


def test_callbacks_are_tried_again_and_can_come_twice(wx: FakeWecom, corp: Corp, door: Door) -> None:
    wx.callback_manners(wait_s=0.01)
    door.status = 500
    group = wx.add_group(corp, "lilei", "One")
    assert wx.settled()
    assert len(door.heard) == 3
    door.status, door.heard = 200, []
    wx.callback_manners(twice=1.0)
    wx.rename_group(corp, group, "Two")
    assert wx.settled()
    assert len(door.heard) == 2
    assert door.heard[0] != door.heard[1], "sealed anew, with the same words inside"


def test_calls_fail_as_told_and_unknown_fields_are_noted(wx: FakeWecom, corp: Corp) -> None:
    api = Api(wx, corp)
    wx.fail("externalcontact/", 45033, times=1)
    assert api("externalcontact/get_follow_user_list")["errcode"] == 45033
    assert api("externalcontact/get_follow_user_list")["errcode"] == 0
    wx.misbehave(busy=1.0)
    assert api("externalcontact/get_follow_user_list")["errcode"] == -1
    wx.misbehave()
    api("externalcontact/groupchat/list", {"limit": 10, "cosmos": 1})
    assert wx.violations()[0]["said"] == "cosmos"


def test_another_process_drives_it_over_http(wx: FakeWecom) -> None:
    control = Control(wx.url)
    corp = control.add_corp(name="Far")
    control.add_staff(corp["id"], "hanmei", "韩梅梅")
    group = control.add_group(corp["id"], "hanmei", "Far group")
    assert control.group(corp["id"], group)["name"] == "Far group"
    with pytest.raises(ValueError, match="KeyError"):
        control.group(corp["id"], "nowhere")
