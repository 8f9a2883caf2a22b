"""Settings, WeChat and the families: connected against the fake WeChat, each page read, each form refused and
carried out.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse

from guildhall.channels.models import Space
from guildhall.channels.testing.wecom import FakeWecom
from guildhall.channels.tests.wecom_town import at_wechat
from guildhall.channels.wecom.models import WechatAccount, WecomCorp, WecomRobot
from guildhall.console.tests.house_doors import confirmed, said
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.spaces.models import Entrance, Family, Place

pytestmark = pytest.mark.django_db


def url(name: str, *args: str) -> str:
    return reverse(f"console:{name}", args=args)


@pytest.fixture
def wx(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWecom]:
    with at_wechat(monkeypatch) as fake:
        yield fake


def connected(wx: FakeWecom) -> WecomCorp:
    corp = wx.add_corp(name="Guild")
    wx.add_staff(corp, "lilei", "李雷")
    form = {"name": "Guild", "corpid": corp.id, "contact_secret": corp.secrets["app"], "kf_secret": ""}
    answer = client_for(Role.OWNER).post(url("wechat-corp-new"), form)
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    return WecomCorp.objects.get()


def test_a_blank_house_says_what_wechat_allows() -> None:
    page = client_for(Role.OWNER).get(url("wechat")).content.decode()
    assert "Personal groups" in page
    assert 'name="corpid"' in page
    assert 'name="corpid"' not in client_for(Role.MANAGER).get(url("wechat")).content.decode()
    assert client_for(Role.MODERATOR).get(url("wechat")).status_code == 403


def test_a_corporation_is_connected_and_its_secret_never_shown(wx: FakeWecom) -> None:
    corp = connected(wx)
    page = client_for(Role.OWNER).get(url("wechat-corp", corp.pk)).content.decode()
    assert corp.corpid in page
    assert f"/hooks/wecom/{corp.pk}" in page
    assert not any(secret in page for secret in wx.corp(corp.corpid).secrets.values())
    live = client_for(Role.MANAGER).get(url("wechat-corp-live", corp.pk)).content.decode()
    assert "Customer groups" in live


def test_a_wrong_secret_stands_at_its_field(wx: FakeWecom) -> None:
    corp = wx.add_corp()
    form = {"name": "Guild", "corpid": corp.id, "contact_secret": "x" * 43}
    answer = client_for(Role.OWNER).post(url("wechat-corp-new"), form)
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    assert not WecomCorp.objects.exists()


def test_a_corporation_is_paused_and_removed(wx: FakeWecom) -> None:
    corp, client = connected(wx), confirmed(Role.OWNER)
    client.post(url("wechat-corp-pause", corp.pk))
    corp.refresh_from_db()
    assert corp.state == "paused"
    client.post(url("wechat-corp-resume", corp.pk))
    client.post(url("wechat-corp-check", corp.pk))
    client.post(url("wechat-corp-allowance", corp.pk), {"allowance": "day"})
    corp.refresh_from_db()
    assert (corp.state, corp.allowance) == ("active", "day")
    client.post(url("wechat-corp-remove", corp.pk))
    assert not WecomCorp.objects.exists()


def test_an_official_account_and_a_robot_are_connected(wx: FakeWecom) -> None:
    account, corp = wx.add_account(), wx.add_corp()
    client = client_for(Role.OWNER)
    form = {"name": "News", "appid": account.id, "secret": account.secret, "kind": "service"}
    assert client.post(url("wechat-account-new"), form).status_code == 303
    row = WechatAccount.objects.get()
    page = client.get(url("wechat-account", row.pk)).content.decode()
    assert f"/hooks/wechat/{row.pk}" in page
    page = client.post(url("wechat-account-code", row.pk), {"scene": "booth-1"}).content.decode()
    assert "booth-1" in page
    address = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={wx.add_robot(corp)}"
    assert client.post(url("wechat-robot-new"), {"name": "Bell", "address": address}).status_code == 303
    assert WecomRobot.objects.get().name == "Bell"
    assert "Bell" in client.get(url("wechat")).content.decode()


def test_a_family_is_founded_filled_and_entered(wx: FakeWecom) -> None:
    corp, client = connected(wx), client_for(Role.OWNER)
    form = {"name": "Perps", "region": "MX", "language": "en", "limit": "10", "tiers": "lobby, inner"}
    assert client.post(url("family-new"), form).status_code == 303
    family = Family.objects.get()
    assert family.tiers == ["lobby", "inner"]
    space = Space.objects.create(platform="webchat", external_id="x", slug="x", name="Lounge")
    client.post(url("place-put", family.pk), {"space": space.pk, "tier": "lobby"})
    assert Place.objects.get().tier == "lobby"
    client.post(url("place-change", family.pk, space.pk), {"do": "pass"})
    assert not Place.objects.get().takes
    form = {"kind": "by_hand", "name": "Poster", "tier": "lobby", "shows": space.pk, "corp": corp.pk}
    assert client.post(url("entrance-new", family.pk), form).status_code == 303
    entrance = Entrance.objects.get()
    for page in (
        url("families"), url("family", family.pk), url("family-edit", family.pk),
        url("entrance-new", family.pk), url("entrance", entrance.pk), url("entrance-edit", entrance.pk),
    ):  # fmt: skip
        assert client.get(page).status_code == 200, page
    assert "HOUSE-DEFAULT-1" in client.get(url("entrance", entrance.pk)).content.decode()
    assert client_for(Role.MODERATOR).post(url("family-archive", family.pk)).status_code == 403
    confirmed(Role.OWNER).post(url("entrance-close", entrance.pk))
    answer = client.post(url("family-archive", family.pk), follow=True)
    assert "Archived." in said(answer)
