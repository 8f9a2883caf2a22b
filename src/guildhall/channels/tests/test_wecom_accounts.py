"""Connecting a corporation and an Official Account: what is asked of WeChat, what is kept, what is said when it
does not work.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction

from guildhall.channels.models import Space
from guildhall.channels.testing.wecom import FakeWecom
from guildhall.channels.tests.wecom_town import Town, at_wechat, settle
from guildhall.channels.wecom import accounts, client, customers, official, robots, tokens
from guildhall.channels.wecom.erasing import erase, export
from guildhall.channels.wecom.models import (
    AccessToken,
    State,
    WecomCorp,
    WecomGroupMember,
    WecomStaff,
    WecomWay,
)
from guildhall.channels.wecom.official import MenuButton
from guildhall.channels.wecom.tokens import Key
from guildhall.core import clock, secrets
from guildhall.core.errors import BadInput, NotFound, Temporary
from guildhall.core.models import AuditEntry
from guildhall.people.models import Account, Member

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWecom]:
    with at_wechat(monkeypatch) as made:
        yield made
        assert made.violations() == []
        assert made.unplayed == []


@pytest.fixture
def town(fake: FakeWecom) -> Town:
    return settle(fake)


def test_a_corporation_is_connected_with_words_for_its_callback_and_no_secret_in_sight(town: Town) -> None:
    token, key = accounts.callback_words(town.corp.id)
    assert (len(token), len(key)) == (32, 43)
    assert accounts.callback_address(town.row).endswith(f"/hooks/wecom/{town.row.pk}")
    told = " ".join(str(row.data) + row.subject for row in AuditEntry.objects.all())
    for secret in (*town.corp.secrets.values(), town.account.secret, token, key, town.robot_key):
        assert secret not in told


def test_a_wrong_secret_is_said_at_the_field_and_nothing_is_kept(fake: FakeWecom) -> None:
    corp = fake.add_corp()
    with pytest.raises(BadInput) as caught:
        accounts.add_corp(corp.id, "x" * 43, "staff:1")
    assert caught.value.field == "contact_secret"
    assert not WecomCorp.objects.exists()
    with pytest.raises(BadInput) as caught:
        accounts.add_corp("no corp!", corp.secrets["contact"], "staff:1")
    assert caught.value.field == "corpid"


def test_a_machine_wecom_does_not_trust_yet_is_connected_and_says_what_to_do(fake: FakeWecom) -> None:
    corp = fake.add_corp()
    fake.fail("gettoken", 60020, times=2)
    row = accounts.add_corp(corp.id, corp.secrets["contact"], "staff:1")
    assert row.problem["why"] == "not_trusted"
    assert "可信 IP" in row.problem["do_zh"]
    checks = accounts.check_corp(row)
    assert checks[0].works
    row.refresh_from_db()
    assert row.problem.get("why") != "not_trusted"


def test_each_part_of_a_corporation_is_checked_by_itself(town: Town) -> None:
    town.fake.fail("kf/account/list", 60011)
    checks = accounts.check_corp(town.row)
    assert [check.works for check in checks] == [True, True, False, False]
    assert checks[2].do.zh
    town.row.refresh_from_db()
    assert town.row.facts == {"contact": True, "groups": True, "kf": False}
    assert town.row.problem["zh"]


def test_people_keep_their_names_where_wecom_tells_them(town: Town) -> None:
    assert accounts.sync_people(town.row) == 1
    row = WecomStaff.objects.get()
    assert (row.userid, row.serves) == ("lilei", True)
    town.fake.world.corps[town.corp.id].staff["lilei"]["contact"] = False
    accounts.sync_people(town.row)
    assert not WecomStaff.objects.get().serves


def test_a_removed_corporation_leaves_no_secret_behind(town: Town) -> None:
    accounts.remove_corp(town.row, "staff:1")
    assert not [name for name in secrets.names() if town.corp.id in name]
    assert not AccessToken.objects.filter(pk__contains=town.corp.id).exists()
    assert Space.objects.filter(external_id=town.chat).exists()
    with pytest.raises(NotFound):
        accounts.callback_words(town.corp.id)


def test_words_of_wechats_console_may_be_taken_instead_of_ours(town: Town) -> None:
    accounts.set_callback_words(
        town.corp.id, "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "staff:1"
    )
    assert accounts.callback_words(town.corp.id)[0] == "QDG6eK"
    for token, key in (("x", "j" * 43), ("QDG6eK", "short")):
        with pytest.raises(BadInput):
            accounts.set_callback_words(town.corp.id, token, key, "staff:1")


def test_an_official_account_has_a_menu_and_codes_and_template_messages(town: Town) -> None:
    openid = town.fake.subscribe(town.account)
    below = (MenuButton("Fees", key="fees"), MenuButton("Site", url="https://example.org"))
    official.set_menu(town.official, [MenuButton("More", below=below)], "staff:1")
    assert town.account.menu is not None
    code = official.make_code(town.official, "expo-2026")
    assert "showqrcode?ticket=" in code.picture
    assert [one["scene"] for one in town.account.codes.values()] == ["expo-2026"]
    template = town.fake.add_template(town.account, "Order")
    official.send_template(town.official, openid, template, {"first": "Hello"}, url="https://example.org")
    assert town.account.followers[openid].shown[0]["data"] == {"first": {"value": "Hello"}}
    with pytest.raises(BadInput):
        official.set_menu(town.official, [MenuButton("x" * 61, key="x")], "staff:1")
    with pytest.raises(BadInput):
        official.make_code(town.official, "")


def test_an_official_account_with_a_wrong_secret_says_so(town: Town) -> None:
    assert [check.works for check in official.check_account(town.official)] == [True, False]
    town.account.secret = "another"
    town.fake.invalidate_tokens()
    assert not official.check_account(town.official)[0].works
    town.official.refresh_from_db()
    assert (town.official.state, town.official.problem["why"]) == (State.REVOKED, "check")
    official.remove_account(town.official, "staff:1")
    assert not [name for name in secrets.names() if town.account.id in name]


def test_codes_lead_where_they_are_told_to(town: Town) -> None:
    way = customers.make_way(customers.plan_contact_way(town.row, ["lilei"], state="sg", by="staff:1"))
    assert town.corp.ways[way.config_id]["user"] == ["lilei"]
    join = customers.make_way(customers.plan_join_way(town.row, [town.chat], state="sg-1", by="staff:1"))
    other = town.fake.add_group(town.corp, "lilei", "Second", quiet=True)
    customers.change_way(join, groups=[town.chat, other], by="staff:1")
    assert town.corp.joins[join.config_id]["chat_id_list"] == [town.chat, other]
    assert town.corp.joins[join.config_id]["state"] == "sg-1"
    with pytest.raises(BadInput) as caught:
        customers.plan_contact_way(town.row, ["lilei"], state="sg", by="staff:1")
    assert caught.value.code == "state_taken"
    customers.remove_way(way, "staff:1")
    assert town.corp.ways == {}
    customers.plan_contact_way(town.row, ["lilei"], state="sg", by="staff:1")
    assert WecomWay.objects.filter(state="sg").count() == 2


def test_a_welcome_is_given_once_and_in_time(town: Town) -> None:
    from guildhall.channels.wecom.errors import Refused

    bob = town.fake.add_customer(town.corp, "Bob")
    code = town.fake.befriend(town.corp, bob, "lilei")
    link = customers.link_attachment("Rules", "https://example.org/rules", about="Read them")
    customers.welcome(town.row, code, "欢迎", [link])
    assert len(town.corp.customers[bob].welcomes) == 1
    late = town.fake.befriend(town.corp, town.fake.add_customer(town.corp, "Eve"), "lilei")
    town.fake.advance(25)
    for spent in (code, late):
        with pytest.raises(Refused) as caught:
            customers.welcome(town.row, spent, "again")
        assert caught.value.why == "welcome_over"


def test_tags_and_group_templates_are_kept_at_wecom(town: Town) -> None:
    tag = customers.add_tag(town.row, "Region", "Singapore")
    customers.mark(town.row, "lilei", town.ann, add=[tag])
    assert town.corp.customers[town.ann].follows["lilei"]["tags"]
    assert [group["group_name"] for group in customers.tags(town.row)] == ["Region"]
    made = customers.add_group_template(town.row, "Welcome %NICKNAME%")
    customers.change_group_template(town.row, made, "Hello %NICKNAME%")
    customers.remove_group_template(town.row, made)
    assert town.corp.templates == {}


def test_a_robots_address_can_be_pasted_whole_or_as_its_key(town: Town) -> None:
    assert robots.add_robot("Key", town.robot_key, "staff:1").space.kind in ("", "robot")
    with pytest.raises(BadInput):
        robots.add_robot("Bad", "https://example.org/nothing", "staff:1")
    robots.remove_robot(town.robot, "staff:1")
    assert Space.objects.get(pk=town.robot.space_id).archived_at is not None


def test_files_of_customers_are_fetched_and_large_ones_refused(town: Town) -> None:
    from guildhall.core.errors import Permanent

    kept = town.fake.upload("image", b"\x89PNG" + b"1" * 200)
    assert town.adapter.fetch(kept, town.corp.id, 1000) == b"\x89PNG" + b"1" * 200
    with pytest.raises(Permanent) as caught:
        town.adapter.fetch(kept, town.corp.id, 10)
    assert caught.value.code == "too_large"
    with pytest.raises(Permanent):
        town.adapter.fetch("gone", town.corp.id, 1000)


def test_whoever_is_erased_leaves_no_name_in_groups(town: Town) -> None:
    member = Member.objects.create(display_name="Ann")
    account = Account.objects.create(member=member, platform="wecom", external_id=town.ann)
    WecomGroupMember.objects.create(
        group=town.group,
        userid=town.ann,
        account=account,
        name="Ann",
        nickname="安",
        unionid="u1",
        state="sg",
    )
    assert export(member.pk)[0]["state"] == "sg"
    erase(member.pk)
    erase(member.pk)
    row = WecomGroupMember.objects.get()
    assert (row.name, row.nickname, row.unionid) == ("", "", "")
    assert row.userid.startswith("erased:")
    assert town.ann not in row.userid


# Access tokens


def test_a_token_is_asked_for_once_until_it_ends(town: Town) -> None:
    for _ in range(5):
        client.call(Key(town.corp.id, "contact"), "/cgi-bin/externalcontact/get_follow_user_list")
    asked = [call for call in town.fake.called("gettoken") if call.errcode == 0]
    before = len(asked)
    tokens._known.clear()
    AccessToken.objects.update(expires_at=clock.now() + timedelta(seconds=60))
    client.call(Key(town.corp.id, "contact"), "/cgi-bin/externalcontact/get_follow_user_list")
    assert len(town.fake.called("gettoken")) == before + 1


def test_a_token_stands_sealed_in_the_database(town: Town) -> None:
    key = Key(town.corp.id, "kf")
    value = tokens.current(key).value
    assert value not in AccessToken.objects.get(pk=key.name).value


def test_a_token_sealed_with_a_lost_key_is_fetched_anew(town: Town) -> None:
    key = Key(town.corp.id, "kf")
    tokens.current(key)
    tokens._known.clear()
    AccessToken.objects.filter(pk=key.name).update(value="nothing.that.opens")
    assert tokens.current(key).generation == 2


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_ask_for_one_token(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    asked = []

    def slowly(key: Key, secret: str, *, was_refused: bool = False) -> tuple[str, int]:
        asked.append(secret)
        time.sleep(0.3)
        return f"token {len(asked)}", 7200

    monkeypatch.setattr(client, "ask_for_token", slowly)
    with transaction.atomic():
        secrets.put("wecom.secret.ww1.kf", "s" * 20)
    found, key = [], Key("ww1", "kf")

    def ask() -> None:
        try:
            found.append(tokens.current(key).value)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    tokens._known.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tokens._known.clear()
    assert (len(asked), set(found), len(found)) == (1, {"token 1"}, 8)


def test_a_lease_of_a_process_that_died_is_taken_over(town: Town) -> None:
    key = Key(town.corp.id, "kf")
    AccessToken.objects.update_or_create(
        pk=key.name,
        defaults={
            "expires_at": None, "lease_owner": "dead", "lease_until": clock.now() - timedelta(seconds=1),
        },
    )  # fmt: skip
    tokens._known.clear()
    assert tokens.current(key).value


def test_nobody_waits_for_ever_for_another_process(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key(town.corp.id, "kf")
    monkeypatch.setattr(tokens, "PATIENCE_S", 0.2)
    AccessToken.objects.update_or_create(
        pk=key.name,
        defaults={
            "expires_at": None, "lease_owner": "busy", "lease_until": clock.now() + timedelta(minutes=1),
        },
    )  # fmt: skip
    tokens._known.clear()
    with pytest.raises(Temporary):
        tokens.current(key)
