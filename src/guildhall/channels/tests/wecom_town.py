"""A house connected to a corporation and an Official Account at the fake WeChat, for the tests of what goes
out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from guildhall.channels.models import Space
from guildhall.channels.port import Act, Refs, Verb
from guildhall.channels.testing.wecom import Account, Corp, FakeWecom
from guildhall.channels.wecom import accounts, client, kf_reading, oa_reading, official, robots
from guildhall.channels.wecom.adapter import WechatOaAdapter, WecomAdapter
from guildhall.channels.wecom.models import WechatAccount, WechatTalk, WecomCorp, WecomGroup, WecomRobot
from guildhall.core import clock
from guildhall.core import settings as house
from guildhall.core.clearance import Clearance, content_hash


@contextmanager
def at_wechat(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWecom]:
    """A fake WeChat that the settings point at; it lives by the clock of the house."""
    with FakeWecom(clock=lambda: clock.now().timestamp()) as fake:
        changed = replace(house.settings, wecom_api=fake.url, wechat_api=fake.url)
        monkeypatch.setattr(client, "settings", changed)
        yield fake
        client.forget()


@dataclass(slots=True)
class Town:
    """A corporation with Li Lei in it, his customer Ann, a group, a desk and a robot; an Official Account."""

    fake: FakeWecom
    corp: Corp
    account: Account
    row: WecomCorp
    official: WechatAccount
    ann: str
    chat: str
    desk: str
    group: WecomGroup
    robot: WecomRobot
    robot_key: str
    openid: str = ""
    adapter: WecomAdapter = field(default_factory=WecomAdapter)
    oa: WechatOaAdapter = field(default_factory=WechatOaAdapter)

    def talk(self, *, is_open: bool = True) -> Space:
        """Ann's talk at the desk, in which she has just written."""
        space = a_space("wecom", kf_reading.talk_id(self.desk, self.ann), "private", self.corp.id)
        if is_open:
            self.fake.kf_say(self.corp, self.desk, self.ann, "hello", tell=False)
            opened(space)
        return space

    def follower(self) -> Space:
        """The talk of a follower who has just written."""
        self.openid = self.fake.subscribe(self.account)
        self.fake.say(self.account, self.openid, "hello")
        space = a_space(
            "wechat_oa", oa_reading.talk_id(self.openid, self.account.id), "private", self.account.id
        )
        opened(space)
        return space

    def do(self, verb: Verb, space: Space, said: str = "", **more: Any) -> Any:
        """Perform one act by the adapter, as a worker does."""
        refs = Refs(
            space.external_id,
            message_external_id=more.pop("message", ""),
            receiver=space.receiver,
            space_kind=space.kind,
            effect_id=more.pop("effect_id", 0),
        )
        adapter = self.adapter if space.platform == "wecom" else self.oa
        return adapter.perform(Act(verb, space.pk, text=said, **more), refs)

    def shown(self) -> list[dict[str, Any]]:
        """What Ann sees in her talk."""
        return self.fake.kf_shown(self.corp, self.desk, self.ann)


def settle(fake: FakeWecom) -> Town:
    """A new town in this world."""
    corp, account = fake.add_corp(), fake.add_account()
    fake.add_staff(corp, "lilei", "李雷")
    ann = fake.add_customer(corp, "Ann", "lilei")
    chat = fake.add_group(corp, "lilei", "Traders", quiet=True)
    desk, key = fake.add_kf(corp, "Desk"), fake.add_robot(corp)
    row = accounts.add_corp(corp.id, corp.secrets["contact"], "staff:1", kf_secret=corp.secrets["kf"])
    public = official.add_account(account.id, account.secret, "staff:1")
    accounts.sync_desks(row)
    group = WecomGroup.objects.create(
        space=a_space("wecom", chat, "group", corp.id), corp=row, owner="lilei", member_count=1
    )
    robot = robots.add_robot("Bell", f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}", "staff:1")
    return Town(fake, corp, account, row, public, ann, chat, desk, group, robot, key)


def a_space(platform: str, external_id: str, kind: str, receiver: str) -> Space:
    found, _ = Space.objects.get_or_create(
        platform=platform,
        external_id=external_id,
        defaults={
            "slug": f"s{Space.objects.count()}",
            "name": external_id[:40],
            "kind": kind,
            "receiver": receiver,
        },
    )
    return found


def opened(space: Space) -> WechatTalk:
    """The customer has just written."""
    from datetime import timedelta

    talk, _ = WechatTalk.objects.update_or_create(
        space=space, defaults={"open_until": clock.now() + timedelta(hours=48), "sends_left": 5}
    )
    return talk


def cleared(text: str) -> Clearance:
    return Clearance("service", "", content_hash(text), ("test",), clock.now())
