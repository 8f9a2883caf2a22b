"""Review: a moderator sees why, decides with one key, and two who decide at once never do it twice."""

import json

import pytest

from guildhall.channels.models import Message
from guildhall.console import remembered
from guildhall.console.tests.house_doors import said
from guildhall.effects.testing import drain
from guildhall.guard import actions
from guildhall.guard.models import Case, DomainEntry, Example
from guildhall.guard.tests.rows import DOUBTFUL, SCAM, a_space, an_account, post
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


def a_case(space, text=SCAM, name="Mallory"):
    message = post(space, an_account(name), text)
    return Case.objects.get(message=message, kind=Case.Kind.VERDICT)


def test_the_queue_shows_the_case_with_its_evidence_marked_and_its_rule_named(space):
    case = a_case(space, SCAM)
    page = client_for(Role.MODERATOR).get("/review/").content.decode()
    assert case.verdict is not None
    assert all(reason["rule"] in page for reason in case.verdict.reasons)
    assert "<mark>" in page
    assert "Mallory" in page
    assert 'data-key="y"' in page


def test_the_reasons_are_in_the_readers_language(space):
    a_case(space, SCAM)
    client = client_for(Role.MODERATOR)
    client.cookies["guildhall_language"] = "zh-hans"
    page = client.get("/review/").content.decode()
    assert 'lang="zh-Hans"' in page
    assert "待审核" in page
    assert "seed phrase or private key" not in page


def test_an_empty_queue_says_what_to_do_next():
    page = client_for(Role.MODERATOR).get("/review/").content.decode()
    assert "No case waits for you" in page
    assert "?tab=samples" in page


def test_upholding_goes_on_to_the_next_case(space):
    first, second = a_case(space, SCAM, "One"), a_case(space, SCAM + "!", "Two")
    waiting = list(Case.objects.filter(state="open").order_by("-priority", "id"))
    client = client_for(Role.MODERATOR)
    response = client.post(f"/review/{waiting[0].pk}/uphold/", {"note": "phishing"}, follow=True)
    waiting[0].refresh_from_db()
    assert (waiting[0].state, waiting[0].note) == ("upheld", "phishing")
    assert response.redirect_chain[-1][0] == f"/review/{waiting[1].pk}/"
    assert "Upheld." in said(response)
    assert {first.pk, second.pk} == {case.pk for case in waiting}


def test_whoever_comes_second_is_told_and_nothing_is_done_twice(space):
    case = a_case(space)
    first, second = client_for(Role.MODERATOR), client_for(Role.MODERATOR)
    first.post(f"/review/{case.pk}/undo/")
    response = second.post(f"/review/{case.pk}/uphold/", follow=True)
    case.refresh_from_db()
    assert case.state == "undone"
    assert first.staff.name in said(response)
    assert response.redirect_chain[-1][0] == f"/review/{case.pk}/"


def test_the_filters_and_the_tab_stay_through_a_decision(space):
    case = a_case(space)
    response = client_for(Role.MODERATOR).post(f"/review/{case.pk}/uphold/?space=perps-en&kind=verdict")
    assert response.status_code == 303
    assert response["Location"] == "/review/?space=perps-en&kind=verdict"


def test_training_keeps_the_example_and_the_case_stays_open(space):
    case = a_case(space)
    client = client_for(Role.MODERATOR)
    client.post(f"/review/{case.pk}/train/", {"label": "scam"})
    assert Example.objects.get(case=case).label == "scam"
    assert "not" not in said(client.post(f"/review/{case.pk}/train/", {"label": "fine"}, follow=True))
    assert Example.objects.get(case=case).label == "fine"


def test_a_label_nobody_knows_is_refused_in_words(space):
    case = a_case(space)
    response = client_for(Role.MODERATOR).post(
        f"/review/{case.pk}/train/", {"label": "nonsense"}, follow=True
    )
    assert "scam or fine" in said(response)
    assert not Example.objects.exists()


def test_many_are_upheld_at_once_and_those_decided_meanwhile_are_named(space):
    one, two = a_case(space, SCAM, "One"), a_case(space, SCAM + " now", "Two")
    actions.dismiss(two.pk, "staff:0")
    response = client_for(Role.MODERATOR).post("/review/bulk/", {"case": [one.pk, two.pk]}, follow=True)
    assert "1 case upheld." in said(response)
    assert "already decided" in said(response)


def test_a_domain_of_the_message_can_be_blocked_everywhere(space):
    case = a_case(space, "Claim your airdrop at https://uniswap-claims.top now, enter your seed phrase")
    page = client_for(Role.MODERATOR).get(f"/review/{case.pk}/").content.decode()
    assert "uniswap-claims.top" in page
    client_for(Role.MODERATOR).post(f"/review/{case.pk}/block-domain/", {"domain": "uniswap-claims.top"})
    assert DomainEntry.objects.get().domain == "uniswap-claims.top"


def test_an_appeal_stands_first_with_the_members_words(space):
    a_case(space, SCAM, "Somebody")
    case = a_case(space, SCAM + "?", "Ann")
    Case.objects.filter(pk=case.pk).update(enacted=[{"measure": "delete", "duration_s": 0}])
    actions.open_appeal(case.message_id, case.account_id, "I only quoted it to warn others")
    page = client_for(Role.MODERATOR).get("/review/").content.decode()
    assert "The member says" in page
    assert "I only quoted it to warn others" in page


def test_a_decided_case_can_be_opened_again(space):
    case = a_case(space)
    client = client_for(Role.MODERATOR)
    client.post(f"/review/{case.pk}/dismiss/")
    assert "Decide again" in client.get(f"/review/{case.pk}/?tab=decided").content.decode()
    client.post(f"/review/{case.pk}/reopen/")
    case.refresh_from_db()
    assert case.state == "open"


def test_somebody_who_may_only_look_sees_no_buttons_and_cannot_decide(space):
    case = a_case(space)
    analyst = client_for(Role.ANALYST)
    page = analyst.get(f"/review/{case.pk}/").content.decode()
    assert "formaction" not in page
    assert "Mallory" not in page
    assert analyst.post(f"/review/{case.pk}/uphold/").status_code == 403


def test_nonsense_in_the_address_is_no_error(space):
    a_case(space)
    client = client_for(Role.MODERATOR)
    for query in ("tab=nowhere", "space=gone", "sort=-x", "after=zzz", "before=%00", "kind=%E2%80%AE"):
        assert client.get(f"/review/?{query}").status_code == 200
    assert client.get("/review/nothing/").status_code == 404
    assert client.get("/review/01ARZ3NDEKTSV4RRFFQ69G5FAV/").status_code == 404


def test_the_same_text_elsewhere_is_counted_and_offered_to_be_settled_together(space):
    other = a_space("vip-zh")
    case = a_case(space, SCAM, "One")
    a_case(other, SCAM, "Two")
    page = client_for(Role.MODERATOR).get(f"/review/{case.pk}/").content.decode()
    assert "1 message from 1 account in 1 space," in page
    assert "Uphold this and 1 like it" in page


def test_a_hostile_message_is_shown_whole_and_harmless(space):
    case = a_case(space, "<script>alert(1)</script> \u202e send your seed phrase \x1f to support")
    page = client_for(Role.MODERATOR).get(f"/review/{case.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "U+202E" in page
    assert "\u202e" not in page


def test_a_message_of_a_hundred_thousand_characters_is_cut_and_says_so(space):
    case = a_case(space, "send your seed phrase " + "词" * 100_000)
    response = client_for(Role.MODERATOR).get(f"/review/{case.pk}/")
    assert "the whole message has 100022 characters" in response.content.decode()
    assert len(response.content) < 200_000


def test_decided_cases_are_paged_by_keyset(space):
    for n in range(45):
        actions.dismiss(a_case(space, f"{SCAM} {n}", f"M{n}").pk, "staff:0")
    client = client_for(Role.MODERATOR)
    first = client.get("/review/?tab=decided")
    assert len(first.context["queue"].rows) == 40
    following = client.get("/review/" + first.context["table"].next_query)
    assert len(following.context["queue"].rows) == 5
    assert Message.objects.count() == 45


def test_undo_brings_the_message_back_on_the_platform_and_uphold_takes_it_away(space):
    case = a_case(space, DOUBTFUL)
    client = client_for(Role.MODERATOR)
    client.post(f"/review/{case.pk}/uphold/")
    drain()
    assert not Message.objects.get(pk=case.message_id).visible
    client.post(f"/review/{case.pk}/reopen/")
    response = client.post(f"/review/{case.pk}/undo/", follow=True)
    assert "Undone." in said(response)
    drain()
    message = Message.objects.get(pk=case.message_id)
    assert message.visible
    assert message.removed_at is None
    assert "Members see this message." in client.get(f"/review/{case.pk}/").content.decode()


def test_cases_that_come_while_a_list_is_open_are_announced(space):
    a_case(space, SCAM, "One")
    client = client_for(Role.MODERATOR)
    known = client.get("/review/").context["newest"]
    assert "come" not in client.get(f"/review/news/?known={known}").content.decode()
    a_case(space, SCAM + " now", "Two")
    assert "1 new case has come" in client.get(f"/review/news/?known={known}").content.decode()


def test_after_a_decision_the_case_is_one_click_away(space):
    case = a_case(space)
    page = client_for(Role.MODERATOR).post(f"/review/{case.pk}/uphold/", follow=True).content.decode()
    assert f'<a href="/review/{case.pk}/">Look again</a>' in page


def test_training_in_place_answers_with_a_toast_and_no_page(space):
    case = a_case(space)
    client = client_for(Role.MODERATOR)
    path = f"/review/{case.pk}/train/"
    kept = client.post(path, {"label": "scam"}, headers={"HX-Request": "true"})
    refused = client.post(path, {"label": "nonsense"}, headers={"HX-Request": "true"})
    assert (kept.status_code, json.loads(kept["HX-Trigger"])["toast"]["level"]) == (204, "success")
    assert json.loads(refused["HX-Trigger"])["toast"]["level"] == "error"
