"""Where a person has to do it, members reached in private, and what other rooms ask for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildhall.broadcast import actions, links, targets
from guildhall.broadcast.actions import Written
from guildhall.broadcast.audience import Audience
from guildhall.broadcast.forecast import forecast
from guildhall.broadcast.models import Broadcast, Delivery, Run
from guildhall.broadcast.tests.houses import BY, noon, send, space, states, turns, wire, write
from guildhall.channels import enclosures
from guildhall.channels.models import SpaceMember
from guildhall.channels.wecom.assisted import groups, posts
from guildhall.channels.wecom.assisted_models import AssistedPost
from guildhall.compliance.acts import Act
from guildhall.core import clock
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.testing import drain
from guildhall.people.models import Account, Member

pytestmark = pytest.mark.django_db


def member(number: int, platform: str = "wire", **columns: str) -> tuple[Member, Account]:
    """Somebody with a private talk."""
    who = Member.objects.create(id=new_id(), **columns)
    account = Account.objects.create(id=new_id(), member=who, platform=platform, external_id=f"u{number}")
    talk = space(f"dm-{number}", platform, kind="private", region="")
    SpaceMember.objects.create(space=talk, account=account)
    return who, account


def test_a_personal_wechat_group_gets_it_when_somebody_pasted_it() -> None:
    with noon() as frozen:
        groups.add_groups(["VIP 1", "VIP 2"], by=BY, region="SG")
        run = send(write({"platforms": ["wechat"]}))
        turns(frozen)
        run.refresh_from_db()
        assert run.state == Run.State.FINISHED
        assert set(states(run).values()) == {"waiting"}
        first, second = AssistedPost.objects.order_by("id")
        posts.posted(first.pk, by=BY)
        posts.drop(second.pk, by=BY, reason="group is gone")
        assert sorted(states(run).values()) == ["cancelled", "sent"]
        assert Delivery.objects.exclude(message_id="").count() == 1


def test_a_stopped_broadcast_takes_back_what_still_waits_for_a_person() -> None:
    with noon() as frozen, wire(rates=()):
        groups.add_groups(["VIP 1"], by=BY, region="SG")
        one = write({"platforms": ["wechat"]})
        actions.submit(one.id, BY, 1)
        drain()
        run = Run.objects.get()
        assert run.state == Run.State.RUNNING
        actions.stop(run.id, BY)
        turns(frozen)
        assert set(AssistedPost.objects.values_list("state", flat=True)) == {"dropped"}
        assert set(states(run).values()) == {"cancelled"}


def test_members_are_reached_once_each_where_they_wrote_last_and_only_after_approval() -> None:
    with noon(), wire():
        who, account = member(1, language="zh-hans", region="HK")
        other = Account.objects.create(id=new_id(), member=who, platform="wire", external_id="u1b")
        SpaceMember.objects.create(space=space("dm-1b", kind="private"), account=other)
        Account.objects.filter(pk=account.pk).update(last_seen_at="2026-11-01T00:00:00Z")
        member(2, language="en", region="SG")
        found = targets.find(Audience(to="members", everyone=True))
        assert sorted((one.external_id, one.language, one.region) for one in found) == [
            ("dm-1b", "zh-hans", "HK"), ("dm-2", "en", "SG"),
        ]  # fmt: skip
        assert len(targets.find(Audience(to="members", languages=("zh",)))) == 1
        one = write({"to": "members", "everyone": True})
        actions.submit(one.id, BY, 1)
        one.refresh_from_db()
        assert one.state == Broadcast.State.WAITING


def test_another_room_announces_in_its_own_transaction() -> None:
    with noon() as frozen, wire() as line:
        space("sg")
        made = actions.announce(
            "Maintenance", Text("We are back.", "服务已恢复。"), Audience(everyone=True), act=Act.SERVICE,
            by="system:campaigns", origin="campaigns", subject="campaign:01",
        )  # fmt: skip
        turns(frozen)
        assert made.origin == "campaigns"
        assert line.said() == {"sg": "We are back."}


def test_a_tracked_address_is_asked_of_compliance_as_it_leaves() -> None:
    def to_sign_up(url: str, going: links.Going) -> str:
        return f"https://example.com/register?ref={going.delivery_id}"

    links.register(to_sign_up)
    try:
        with noon() as frozen, wire() as line:
            space("gb", region="GB")
            run = send(write(texts={"en": "See https://example.com/notice"}))
            turns(frozen)
            assert line.told == []
            assert states(run) == {"gb": "held"}
    finally:
        links.forget(to_sign_up)


def test_a_tracked_button_is_asked_of_compliance_as_it_leaves() -> None:
    def to_sign_up(url: str, going: links.Going) -> str:
        return f"https://example.com/register?ref={going.delivery_id}"

    links.register(to_sign_up)
    try:
        with noon() as frozen, wire() as line:
            space("gb", region="GB")
            button = {"url": "https://example.com/notice", "labels": {"en": "More"}}
            run = send(write(texts={"en": "Maintenance at noon."}, buttons=[button]))
            turns(frozen)
            assert line.told == []
            assert states(run) == {"gb": "held"}
    finally:
        links.forget(to_sign_up)


def test_a_picture_of_a_recurring_post_is_kept_as_long_as_it_is_sent() -> None:
    with noon() as frozen, wire():
        space("sg")
        picture = enclosures.keep("weekly.png", b"\x89PNG\r\n\x1a\n1", by=BY)
        for _ in range(3):
            run = send(write(files=[picture]))
            turns(frozen)
            assert states(run) == {"sg": "sent"}
            frozen.advance(timedelta(days=60))
            assert enclosures.forget_old() == 0


def test_what_is_taken_back_is_not_pasted_any_more_either() -> None:
    with noon() as frozen, wire():
        space("sg")
        groups.add_groups(["VIP 1"], by=BY, region="SG")
        run = send(write({"everyone": True}))
        turns(frozen)
        assert sorted(states(run).values()) == ["sent", "waiting"]
        actions.take_back(run.id, BY)
        assert set(AssistedPost.objects.values_list("state", flat=True)) == {"dropped"}
        assert sorted(states(run).values()) == ["cancelled", "sent"]


def test_the_dry_run_says_how_many_places_need_a_person() -> None:
    with noon(), wire():
        space("sg")
        groups.add_groups(["VIP 1", "VIP 2"], by=BY, region="SG")
        written = Written.of(actions.version_of(write({"everyone": True})))
        told = forecast(
            written.content, written.act, written.schedule, targets.find(written.audience), clock.now()
        )
        assert (told.going, told.by_hand) == (3, 2)
