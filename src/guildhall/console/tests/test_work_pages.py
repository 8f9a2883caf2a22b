"""Today, Messages, Members, Spaces and Find: what each role sees, what can be done there, and what bad input
does.
"""

import gzip
import json
from datetime import timedelta

import pytest

from guildhall.channels.models import Message, Quarantine, Space, SpaceMember
from guildhall.console import remembered, today_figures
from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core import clock, troubles
from guildhall.effects.testing import drain
from guildhall.guard.models import Case
from guildhall.guard.tests.rows import FINE, SCAM, a_message, a_space, an_account, post
from guildhall.people.models import Member
from guildhall.people.roles import Role
from guildhall.people.testing import client_for
from guildhall.ui import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    remembered.forget()
    navigation.forget_badges()


@pytest.fixture
def space():
    return a_space("perps-en")


# --- Today --------------------------------------------------------------------------------------------------


def test_a_new_house_says_that_nothing_is_needed_and_what_to_do():
    client = client_for(Role.MODERATOR)
    page = client.get("/").content.decode()
    assert "Nothing needs you" in page
    assert "No message in the last 24 hours" in client.get("/today/course/").content.decode()


def test_every_figure_and_need_is_a_link_to_its_rows(space):
    post(space, an_account("Mallory"), SCAM)
    page = client_for(Role.MODERATOR).get("/").content.decode()
    for href in ("/review/", "/messages/", "/messages/?state=removed", "/review/?tab=decided"):
        assert f'href="{href}"' in page
    assert "1 case waits for a moderator" in page


def test_each_role_is_asked_only_for_what_it_may_do(space):
    post(space, an_account(), SCAM)
    Quarantine.objects.create(
        platform="webchat", digest="x", raw=b"?", reason={"en": "x", "zh": "x"}, at=clock.now()
    )
    assert "Quarantine" not in client_for(Role.MODERATOR).get("/").content.decode()
    manager = client_for(Role.MANAGER).get("/").content.decode()
    assert "1 delivery could not be read" in manager
    support = client_for(Role.SUPPORT_AGENT).get("/").content.decode()
    assert "wait for a moderator" not in support


def test_trouble_with_the_house_stands_first():
    troubles.report(troubles.DISK_FULL, "/data")
    try:
        page = client_for(Role.OWNER).get("/").content.decode()
    finally:
        troubles.clear(troubles.DISK_FULL)
    assert "The disk is full." in page


def test_the_live_part_is_a_part_and_not_a_page():
    page = client_for(Role.MODERATOR).get("/today/live/").content.decode()
    assert "<html" not in page
    assert "Needs you now" in page


def test_figures_count_a_day_and_no_more(space):
    account = an_account()
    a_message(space, account, FINE)
    with clock.freeze(clock.now() + timedelta(hours=30)):
        a_message(space, account, FINE)
        assert today_figures.figures().messages == 1


# --- Messages -----------------------------------------------------------------------------------------------


def test_messages_are_listed_latest_first_and_filtered_by_the_address(space):
    other = a_space("vip")
    a_message(space, an_account("Ann"), "first words")
    a_message(other, an_account("Bob"), "second words")
    client = client_for(Role.MODERATOR)
    assert [row.text for row in client.get("/messages/").context["table"].rows] == [
        "second words",
        "first words",
    ]
    assert [row.text for row in client.get("/messages/?space=vip").context["table"].rows] == ["second words"]


def test_what_one_person_was_told_alone_is_not_among_the_talk(space):
    post(space, an_account("Mallory"), SCAM)
    drain()
    assert Message.objects.filter(direction=Message.Direction.OUT, visible=False).exists()
    client = client_for(Role.MODERATOR)
    assert [row.text for row in client.get("/messages/").context["table"].rows] == [SCAM]
    told = client.get("/messages/?state=ours").context["table"].rows
    assert [row.direction for row in told] == [Message.Direction.OUT]


@pytest.mark.parametrize(
    "query", ["space=gone", "since=never", "until=9999-99-99", "after=%FF", "state=x", "q=%00"]
)
def test_nonsense_in_the_address_of_messages_is_no_error(query):
    assert client_for(Role.MODERATOR).get(f"/messages/?{query}").status_code == 200


def test_what_somebody_wrote_can_be_seen_alone(space):
    ann, bob = an_account("Ann"), an_account("Bob")
    a_message(space, ann, "from ann")
    a_message(space, bob, "from bob")
    page = client_for(Role.MODERATOR).get(f"/messages/?member={ann.member_id}")
    assert [row.text for row in page.context["table"].rows] == ["from ann"]
    assert "Only what one member wrote" in page.content.decode()


def test_a_message_shows_its_verdict_and_its_earlier_wording(space):
    message = post(space, an_account("Mallory"), SCAM)
    message.versions.create(version=1, text="an earlier wording")
    Message.objects.filter(pk=message.pk).update(version=2)
    page = client_for(Role.MODERATOR).get(f"/messages/{message.pk}/").content.decode()
    assert "an earlier wording" in page
    assert Case.objects.get(message=message, kind="verdict").verdict.reasons[0]["rule"] in page


def test_a_message_that_is_not_there_is_not_found():
    assert client_for(Role.MODERATOR).get("/messages/01ARZ3NDEKTSV4RRFFQ69G5FAV/").status_code == 404


def test_without_the_permission_a_message_cannot_be_removed(space):
    message = a_message(space, an_account(), FINE)
    support = client_for(Role.SUPPORT_AGENT)
    assert "message-remove" not in support.get(f"/messages/{message.pk}/").content.decode()
    assert support.post(f"/messages/{message.pk}/remove/").status_code == 403


# --- Members ------------------------------------------------------------------------------------------------


def test_names_are_masked_for_a_role_without_identity(space):
    account = an_account("Wang Xiaoming")
    a_message(space, account, FINE)
    analyst = client_for(Role.ANALYST)
    for path in ("/members/", f"/members/{account.member_id}/", "/messages/"):
        page = analyst.get(path).content.decode()
        assert "Wang Xiaoming" not in page
        assert account.external_id not in page
    assert "W•••" in analyst.get("/members/").content.decode()


def test_a_masked_reader_cannot_find_by_name_but_by_id(space):
    account = an_account("Wang Xiaoming")
    analyst = client_for(Role.ANALYST)
    assert analyst.get("/members/?q=Wang").context["table"].rows == []
    assert len(analyst.get(f"/members/?q={account.member_id.lower()}").context["table"].rows) == 1


def test_a_member_shows_spaces_messages_and_cases(space):
    account = an_account("Mallory")
    post(space, account, SCAM)
    page = client_for(Role.MODERATOR).get(f"/members/{account.member_id}/").content.decode()
    assert "Perps-En" in page
    assert "Send your seed phrase" in page
    assert "Warn, restrict or ban" in page


def test_a_restriction_without_a_reason_is_refused_at_its_field(space):
    account = an_account()
    SpaceMember.objects.create(space=space, account=account)
    response = client_for(Role.MODERATOR).post(
        f"/members/{account.member_id}/standing/", {"measure": "restrict", "where": "all", "hours": "24"}
    )
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()


def test_lifting_where_nothing_stands_says_so(space):
    account = an_account()
    membership = SpaceMember.objects.create(space=space, account=account)
    response = client_for(Role.MODERATOR).post(
        f"/members/{account.member_id}/standing/",
        {"measure": "lift", "where": str(membership.pk), "hours": "", "reason": "mistake"},
    )
    assert "There is nothing to lift." in response.content.decode()


def test_erasing_asks_for_the_end_of_the_id(space):
    member = an_account("Ann").member
    officer = confirmed(Role.COMPLIANCE_OFFICER)
    wrong = officer.post(f"/members/{member.pk}/erase/", {"confirm": "nope"}, follow=True)
    assert "Nothing was erased" in said(wrong)
    officer.post(f"/members/{member.pk}/erase/", {"confirm": member.pk[-6:]})
    member.refresh_from_db()
    assert member.erased_at is not None
    assert "Ann" not in client_for(Role.MODERATOR).get(f"/members/{member.pk}/").content.decode()


def test_everything_held_about_somebody_can_be_had_as_a_file(space):
    account = an_account("Ann")
    a_message(space, account, FINE)
    response = confirmed(Role.COMPLIANCE_OFFICER).post(f"/members/{account.member_id}/export/")
    assert json.loads(response.content)["member"]["id"] == account.member_id
    assert "attachment" in response["Content-Disposition"]
    assert client_for(Role.MODERATOR).post(f"/members/{account.member_id}/export/").status_code == 403


def test_what_staff_knows_is_kept_and_a_wrong_region_named():
    member = an_account("Ann").member
    client = client_for(Role.MODERATOR)
    client.post(f"/members/{member.pk}/note/", {"language": "zh-hans", "region": "hk", "note": "trader"})
    member.refresh_from_db()
    assert (member.language, member.region, member.note) == ("zh-hans", "HK", "trader")
    wrong = client.post(f"/members/{member.pk}/note/", {"language": "", "region": "1", "note": ""})
    assert wrong.status_code == 422
    assert "written like SG or AE-DU" in wrong.content.decode()


# --- Spaces -------------------------------------------------------------------------------------------------


def test_an_empty_list_of_spaces_offers_to_make_one():
    page = client_for(Role.MANAGER).get("/spaces/").content.decode()
    assert "No space yet" in page
    assert 'href="/spaces/new/"' in page
    assert 'href="/spaces/new/"' not in client_for(Role.MODERATOR).get("/spaces/").content.decode()


def test_a_web_chat_space_is_made_and_shows_how_to_embed_it():
    client = client_for(Role.MANAGER)
    response = client.post(
        "/spaces/new/",
        {
            "name": "Perps EN",
            "slug": "perps",
            "language": "en",
            "region": "sg",
            "allowed_origins": "https://example.org",
        },
        follow=True,
    )
    space = Space.objects.get(slug="perps")
    assert (space.platform, space.region, space.settings["allowed_origins"]) == (
        "webchat",
        "SG",
        ["https://example.org"],
    )
    page = response.content.decode()
    assert "/chat/perps/widget.js" in page
    assert "<script src=&quot;" in page or "&lt;script src=" in page


def test_a_wrong_space_is_refused_at_the_field_that_is_wrong():
    client = client_for(Role.MANAGER)
    a_space("taken")
    for said_wrong, words in (
        ({"slug": "Not A Slug"}, "slug"),
        ({"allowed_origins": "javascript:alert(1)"}, "origin"),
        ({"slug": "taken"}, "already in use"),
        ({"language": "xx"}, "language"),
    ):
        form = {
            "name": "X",
            "slug": "x",
            "language": "en",
            "region": "",
            "welcome": "",
            "allowed_origins": "",
        }
        response = client.post("/spaces/new/", {**form, **said_wrong})
        assert response.status_code == 422
        assert words in response.content.decode()
    assert Space.objects.count() == 1


def test_a_space_says_what_its_platform_cannot_do_and_what_to_do_instead(space):
    page = client_for(Role.MODERATOR).get("/spaces/perps-en/").content.decode()
    assert "What the platform can do" in page
    assert client_for(Role.MODERATOR).get("/spaces/nowhere/").status_code == 404


def test_a_space_is_archived_and_opened_again(space):
    client = client_for(Role.MANAGER)
    client.post("/spaces/perps-en/archive/")
    space.refresh_from_db()
    assert space.archived_at is not None
    assert "This space is archived." in client.get("/spaces/perps-en/").content.decode()
    client.post("/spaces/perps-en/archive/")
    space.refresh_from_db()
    assert space.archived_at is None


# --- Find ---------------------------------------------------------------------------------------------------


def test_find_leads_from_an_id_straight_to_its_page(space):
    account = an_account("Ann")
    message = a_message(space, account, FINE)
    client = client_for(Role.MODERATOR)
    assert client.get(f"/find/?q={message.pk}")["Location"] == f"/messages/{message.pk}/"
    assert client.get(f"/find/?q={account.member_id}")["Location"] == f"/members/{account.member_id}/"


def test_find_shows_spaces_by_name_and_says_when_there_is_nothing(space):
    client = client_for(Role.MODERATOR)
    assert "/spaces/perps-en/" in client.get("/find/?q=perps").content.decode()
    assert "Nothing found for" in client.get("/find/?q=zzzzzz").content.decode()
    assert client.get("/find/?q=%00%F0%9F%98%80").status_code == 200
    assert Member.objects.count() == 0


# --- Acts on the platform -------------------------------------------------------------------------------------


def test_a_message_removed_by_hand_vanishes_and_is_brought_back(space):
    message = a_message(space, an_account(), FINE)
    client = client_for(Role.MODERATOR)
    response = client.post(f"/messages/{message.pk}/remove/", {"reason": "off topic"}, follow=True)
    assert "You can bring it back here." in said(response)
    drain()
    message.refresh_from_db()
    assert not message.visible
    assert message.removed_by == client.staff.actor
    page = client.get(f"/messages/{message.pk}/").content.decode()
    assert client.staff.name in page
    client.post(f"/messages/{message.pk}/restore/")
    drain()
    message.refresh_from_db()
    assert message.visible


def test_a_member_is_banned_everywhere_and_the_ban_is_lifted(space):
    account = an_account("Mallory")
    other = a_space("vip")
    for one in (space, other):
        SpaceMember.objects.create(space=one, account=account)
    client = client_for(Role.MODERATOR)
    path = f"/members/{account.member_id}/standing/"
    client.post(path, {"measure": "ban", "where": "all", "hours": "", "reason": "phishing"})
    drain()
    assert set(SpaceMember.objects.values_list("state", flat=True)) == {"banned"}
    assert "banned" in client.get(f"/members/{account.member_id}/").content.decode()
    client.post(path, {"measure": "lift", "where": "all", "hours": "", "reason": "mistake"})
    drain()
    assert set(SpaceMember.objects.values_list("state", flat=True)) == {"member"}


# --- When something is wrong ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"), [("en", "There is no such page"), ("zh-hans", "没有这个页面")]
)
def test_a_page_that_is_not_there_says_so_in_the_readers_language(language, words):
    client = client_for(Role.MODERATOR)
    client.cookies["guildhall_language"] = language
    response = client.get("/messages/01ARZ3NDEKTSV4RRFFQ69G5FAV/")
    assert response.status_code == 404
    assert words in response.content.decode()


def test_a_forged_form_is_refused_with_words_and_changes_nothing(space):
    message = a_message(space, an_account(), FINE)
    client = client_for(Role.MODERATOR, enforce_csrf_checks=True)
    response = client.post(f"/messages/{message.pk}/remove/")
    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()


def test_every_page_carries_the_strict_policy():
    response = client_for(Role.MODERATOR).get("/")
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_theme_is_remembered_and_a_foreign_way_back_ignored():
    client = client_for(Role.MODERATOR)
    response = client.post("/i18n/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert response["Location"].startswith("/")
    assert 'data-theme="dark"' in client.get("/").content.decode()
    client.post("/i18n/theme/", {"theme": "<x>"})
    assert 'data-theme="dark"' in client.get("/").content.decode()


def test_the_chart_engine_is_ours_is_kept_for_ever_and_old_addresses_are_gone():
    client = client_for(Role.MODERATOR)
    page = client.get("/").content.decode()
    address = page.split('data-vega="')[1].split('"')[0]
    response = client.get(address)
    assert response["Content-Type"].startswith("text/javascript")
    assert "immutable" in response["Cache-Control"]
    assert b"vegaEmbed" in gzip.decompress(response.content)
    assert client.get("/ui/chart-engine-0.0.0.js").status_code == 404
