"""Who enters by a code: noted with where they came from, greeted in time in words the region allows, led on when
a group is full; all of it against the fake WeChat, whose callbacks come sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from guildhall.channels.models import Space
from guildhall.channels.tests.wecom_town import at_wechat, settle
from guildhall.channels.wecom import accounts, callbacks, follow
from guildhall.channels.wecom.assisted import counts, groups
from guildhall.channels.wecom.models import MassSend, MassSendTarget, WecomCorp, WecomWay
from guildhall.compliance.models import Override
from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard.actions import install_shipped
from guildhall.intake.tests.wecom_scene import Scene
from guildhall.spaces.actions import counting, entrances, families, masses, tags
from guildhall.spaces.models import CustomerTag, Entrance, Entry, Family, GroupDay, OwnerDay, Place
from guildhall.work import actions as work
from guildhall.work.models import Task

pytestmark = pytest.mark.django_db
BY = "staff:1"
WORDS = {"en": "Welcome to the perps desk.", "zh": "欢迎来到合约交流。"}


@pytest.fixture
def scene(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    install_shipped(by="system:test")
    monkeypatch.setattr(callbacks, "close_old_connections", lambda: None)
    monkeypatch.setattr(follow, "_heard_at", {})
    with at_wechat(monkeypatch) as fake:
        made = Scene(settle(fake))
        accounts.sync_people(made.town.row)
        yield made
        assert fake.violations() == []
        assert fake.failures == []


@pytest.fixture
def family(db: None) -> Family:
    return families.found("Perps SG", by=BY, region="MX", theme="perps", language="en", limit=3)


def allow(region: str) -> None:
    """Two people let invitations pass there for a while."""
    Override.objects.create(
        region=region, act="link", rule_id="HOUSE-DEFAULT-1", content_hash="", reason="test",
        until=clock.now() + timedelta(days=30), proposal_id="p", proposed_by="staff:1", approved_by="staff:2",
    )  # fmt: skip


def a_group(scene: Scene, family: Family, name: str, **more: object) -> Space:
    """A customer group that is known and has its place."""
    chat = scene.town.fake.add_group(scene.town.corp, "lilei", name)
    scene.listen()
    space = Space.objects.get(external_id=chat)
    families.put(space.pk, family.pk, by=BY, **more)  # type: ignore[arg-type]
    return space


def a_way_in(scene: Scene, family: Family, kind: str = "contact", **more: object) -> Entrance:
    said = {"users": ["lilei"], "words": WORDS} if kind == "contact" else {}
    made = entrances.open_entrance(
        family.pk,
        kind,
        f"Booth {kind}",
        by=BY,
        corp_id=scene.town.row.pk,
        **{**said, **more},  # type: ignore[arg-type]
    )
    return Entrance.objects.select_related("way").get(pk=made.pk)


def newcomer(scene: Scene, entrance: Entrance, name: str = "Bob") -> str:
    """Somebody scans the code of an entrance."""
    bob = scene.town.fake.add_customer(scene.town.corp, name)
    assert entrance.way is not None
    scene.town.fake.scan(scene.town.corp, entrance.way.config_id, bob)
    return bob


# -- compliance before everything --------------------------------------------------------------------


def test_no_code_is_made_where_compliance_forbids_the_invitation(scene: Scene, family: Family) -> None:
    held = a_way_in(scene, family)
    assert (held.state, held.way) == ("held", None)
    assert held.reasons[0]["rule"] == "HOUSE-DEFAULT-1"
    assert scene.town.fake.called("externalcontact/add_contact_way") == []
    allow("MX")
    entrances.ask_again(held.pk, by=BY)
    held.refresh_from_db()
    assert (held.state, held.reasons) == ("open", [])
    assert held.way is not None
    assert held.way.qr_url


def test_an_entrance_loses_its_code_when_the_exception_ends(scene: Scene, family: Family) -> None:
    allow("MX")
    entrance = a_way_in(scene, family)
    Override.objects.update(revoked_at=clock.now() - timedelta(seconds=1), revoked_by="staff:1")
    assert entrances.review() == 1
    drain()
    entrance.refresh_from_db()
    assert (entrance.state, entrance.way) == ("held", None)
    assert WecomWay.objects.get().removed_at is not None
    assert scene.town.corp.ways == {}


# -- the welcome -------------------------------------------------------------------------------------


def test_a_customer_who_scans_is_noted_with_the_entrance_and_greeted_once(
    scene: Scene, family: Family
) -> None:
    allow("MX")
    entrance = a_way_in(scene, family)
    bob = newcomer(scene, entrance)
    scene.listen()
    entry = Entry.objects.get()
    assert (entry.entrance, entry.userid, entry.greeting) == (entrance, "lilei", "sent")
    assert entry.account is not None
    shown = scene.town.fake.customer(scene.town.corp, bob).welcomes
    assert [one["text"] for one in shown] == [WORDS["en"]]
    entrance.refresh_from_db()
    assert entrance.entered == 1


def test_the_group_code_goes_along_only_where_an_invitation_is_allowed(scene: Scene, family: Family) -> None:
    allow("MX")
    a_group(scene, family, "SG 1")
    inside = a_way_in(scene, family, "group")
    outside = a_way_in(scene, family, leads_to=inside.pk)
    assert inside.way is not None
    bob = newcomer(scene, outside)
    scene.listen()
    assert inside.way.qr_url in scene.town.fake.customer(scene.town.corp, bob).welcomes[0]["text"]
    Override.objects.update(revoked_at=clock.now() - timedelta(seconds=1), revoked_by="staff:1")
    eve = newcomer(scene, outside, "Eve")
    scene.listen()
    assert scene.town.fake.customer(scene.town.corp, eve).welcomes[0]["text"] == WORDS["en"]
    entry = Entry.objects.get(external_id=eve)
    assert entry.greeting == "plain"
    assert entry.reasons[0]["rule"] == "HOUSE-DEFAULT-1"


def test_a_chinese_family_is_greeted_in_chinese(scene: Scene) -> None:
    allow("MX")
    family = families.found("合约", by=BY, region="MX", language="zh-hans")
    bob = newcomer(scene, a_way_in(scene, family))
    scene.listen()
    assert scene.town.fake.customer(scene.town.corp, bob).welcomes[0]["text"] == WORDS["zh"]


def test_a_welcome_that_comes_too_late_is_not_sent_and_says_so(
    scene: Scene, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow("MX")
    bob = newcomer(scene, a_way_in(scene, family))
    scene.listen(drained=False)
    later = clock.now() + timedelta(seconds=25)
    monkeypatch.setattr("guildhall.spaces.actions.greeting.clock.now", lambda: later)
    drain()
    assert Entry.objects.get().greeting == "late"
    assert scene.town.fake.customer(scene.town.corp, bob).welcomes == []


def test_a_callback_that_comes_twice_is_one_entry_and_one_welcome(scene: Scene, family: Family) -> None:
    allow("MX")
    bob = newcomer(scene, a_way_in(scene, family))
    scene.letters.extend(list(scene.letters))
    scene.listen()
    assert Entry.objects.count() == 1
    assert len(scene.town.fake.customer(scene.town.corp, bob).welcomes) == 1
    assert Entrance.objects.get().entered == 1
    assert not Effect.objects.filter(kind="spaces.greet").exclude(state="done").exists()


def test_customers_get_the_tags_of_their_entrance(scene: Scene, family: Family) -> None:
    allow("MX")
    tag = tags.add_tag(scene.town.row, "Source", "Booth", by=BY)
    assert tags.sync_tags(scene.town.row) == 1
    assert CustomerTag.objects.get().name == "Booth"
    bob = newcomer(scene, a_way_in(scene, family, tags=[tag]))
    scene.listen()
    carried = scene.town.fake.customer(scene.town.corp, bob).follows["lilei"]["tags"]
    assert [one["tag_name"] for one in carried] == ["Booth"]


def test_an_entrance_closes_after_as_many_as_it_may_let_in(scene: Scene, family: Family) -> None:
    allow("MX")
    entrance = a_way_in(scene, family, limit=1)
    newcomer(scene, entrance)
    scene.listen()
    entrance.refresh_from_db()
    assert entrance.state == "closed"
    assert scene.town.corp.ways == {}
    with pytest.raises(Conflict):
        entrances.close(entrance.pk, by=BY)


# -- groups that fill up -----------------------------------------------------------------------------


def test_a_full_group_is_followed_by_the_next_by_itself(scene: Scene, family: Family) -> None:
    allow("MX")
    made = [a_group(scene, family, f"SG {number}") for number in range(1, 8)]
    entrance = a_way_in(scene, family, "group")
    assert entrance.way is not None
    way = scene.town.corp.joins[entrance.way.config_id]
    assert way["chat_id_list"] == [space.external_id for space in made[:5]]
    for name in ("Bob", "Eve"):
        newcomer(scene, entrance, name)
    scene.listen()
    place = Place.objects.get(space=made[0])
    assert (place.heads, place.full_at is not None) == (3, True)
    way = scene.town.corp.joins[entrance.way.config_id]
    assert way["chat_id_list"] == [space.external_id for space in made[1:6]]
    assert Entry.objects.filter(how="group", space=made[0]).count() == 2
    assert not Task.objects.exists()


def test_when_no_group_has_room_a_person_is_asked_for_another(scene: Scene, family: Family) -> None:
    allow("MX")
    space = a_group(scene, family, "SG 1")
    entrance = a_way_in(scene, family, "group")
    for name in ("Bob", "Eve"):
        newcomer(scene, entrance, name)
    scene.listen()
    entrance.refresh_from_db()
    assert entrance.state == "full"
    task = Task.objects.get()
    assert task.kind == "family_room"
    second = a_group(scene, family, "SG 2")
    drain()
    entrance.refresh_from_db()
    assert (entrance.state, entrance.way.groups if entrance.way else []) == ("open", [second.external_id])
    assert Place.objects.get(space=space).full_at is not None


def test_a_group_that_wecom_opens_by_itself_gets_its_place(scene: Scene, family: Family) -> None:
    allow("MX")
    a_group(scene, family, "SG 1")
    entrance = a_way_in(scene, family, "group", makes_groups=True)
    scene.town.fake.group(scene.town.corp, Space.objects.get(name="SG 1").external_id).capacity = 3
    for name in ("Bob", "Eve", "Cai"):
        newcomer(scene, entrance, name)
        scene.listen()
    families_place = Place.objects.filter(family=family).count()
    entrance.refresh_from_db()
    assert families_place == 2
    assert entrance.state == "open"
    assert Entry.objects.filter(how="group").count() == 3


def test_a_group_kept_by_hand_overflows_by_a_task(family: Family) -> None:
    allow("MX")
    first, second = groups.add_groups(["WeChat 1", "WeChat 2"], by=BY)
    for group in (first, second):
        families.put(str(group.pk), family.pk, by=BY)
    entrance = entrances.open_entrance(
        family.pk, "by_hand", "Poster", by=BY, shows=str(first.pk), source="Office"
    )
    counts.enter(str(first.pk), clock.now().date(), {"heads": 3}, by=BY)
    task = Task.objects.get()
    assert (task.kind, task.space_id) == ("entrance_swap", str(second.pk))
    assert Place.objects.get(pk=first.pk).by_hand
    work.complete(task.pk, by=BY)
    entrance.refresh_from_db()
    assert entrance.shows_id == str(second.pk)


# -- what is said to groups, what is counted ---------------------------------------------------------


def test_words_for_more_groups_than_one_person_may_speak_to_wait_for_a_second(
    scene: Scene, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masses, "settings", replace(masses.settings, broadcast_four_eyes=1))
    for number in range(2):
        a_group(scene, family, f"SG {number}")
    assert masses.send_to_groups(family.pk, "Maintenance tonight.", "service", by="staff:1") == []
    assert not MassSend.objects.exists()
    proposal = approvals.Proposal.objects.get()
    assert approvals.describe(proposal).zh.endswith("2 个客户群发送群发消息")
    with pytest.raises(NotAllowed):
        approvals.approve(proposal.id, "staff:1", proposal.content_hash)
    approvals.approve(proposal.id, "staff:2", proposal.content_hash)
    (made,) = MassSend.objects.all()
    assert MassSendTarget.objects.filter(mass=made).count() == 2


def test_words_for_customer_groups_wait_for_their_owner(scene: Scene, family: Family) -> None:
    space = a_group(scene, family, "SG 1")
    with pytest.raises(NotAllowed):
        masses.send_to_groups(family.pk, "Join our campaign", "promote", by=BY)
    (made,) = masses.send_to_groups(family.pk, "Maintenance tonight at 22:00 UTC.", "service", by=BY)
    drain()
    made.refresh_from_db()
    assert made.state == MassSend.State.WAITING
    task = Task.objects.get(kind="mass_confirm")
    assert task.paste == "Maintenance tonight at 22:00 UTC."
    assert scene.town.fake.confirm(scene.town.corp, made.msgid, "lilei") == {space.external_id: 1}
    masses.mass.look(made)
    masses.perform_watch(None)  # type: ignore[arg-type]
    task.refresh_from_db()
    assert task.state == Task.State.CANCELLED


def test_the_welcome_of_groups_is_given_to_wecom(scene: Scene, family: Family) -> None:
    kept = tags.greet_groups(family.pk, scene.town.row.pk, "Hello %NICKNAME%", by=BY)
    again = tags.greet_groups(family.pk, scene.town.row.pk, "Hi %NICKNAME%", by=BY)
    assert kept.template_id == again.template_id
    assert scene.town.corp.templates[kept.template_id]["text"]["content"] == "Hi %NICKNAME%"


def test_yesterday_is_counted_with_how_people_came(
    scene: Scene, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow("MX")
    space = a_group(scene, family, "SG 1")
    entrance = a_way_in(scene, family, "group")
    newcomer(scene, entrance)
    scene.town.fake.join(scene.town.corp, space.external_id, scene.town.ann, scene=1, invitor="lilei")
    scene.town.fake.talk(scene.town.corp, space.external_id, 4)
    scene.listen()
    today = clock.now().astimezone(counting.ZONE).date()
    monkeypatch.setattr(counting, "yesterday", lambda: today)
    counting.perform_count(None)  # type: ignore[arg-type]
    drain()
    day = GroupDay.objects.get(space=space)
    assert (day.heads, day.scenes, day.by_hand) == (3, {"3": 1, "1": 2}, False)
    owner = OwnerDay.objects.get(userid="lilei")
    assert (owner.messages, owner.groups) == (4, 2)


def test_the_allowance_is_one_of_three(scene: Scene) -> None:
    masses.set_allowance(scene.town.row, "day", BY)
    assert WecomCorp.objects.get().allowance == "day"
    with pytest.raises(BadInput):
        masses.set_allowance(scene.town.row, "hour", BY)
