"""Policies: write with errors by line, see what changes, try on history, put in force, assign to spaces."""

import pytest
from django.urls import reverse

from guildhall.channels.models import Message, Space
from guildhall.console.tests.house_doors import said
from guildhall.core import clock
from guildhall.core.models import Proposal
from guildhall.effects import testing as effects
from guildhall.guard import actions, policies, policy, queries
from guildhall.guard.models import Policy, PolicyVersion, ReachCheck, SpacePolicy
from guildhall.people.models import Account, Member
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
SOURCE = policy.shipped_source("default")
MILDER = SOURCE.replace("delete: 750", "delete: 850")


def url(name, *args):
    return reverse(f"console:{name}", args=args)


@pytest.fixture(autouse=True)
def shipped():
    actions.install_shipped("system:test")


@pytest.fixture
def manager():
    return client_for(Role.MANAGER)


def a_draft(source=MILDER):
    return actions.save_draft("default", source, "staff:999")


def test_every_policy_is_listed_with_what_is_in_force(manager):
    page = manager.get(url("policies")).content.decode()
    for name in ("Default", "Review first", "Strict"):
        assert name in page
    assert "version 1 in force" in page


def test_editing_begins_a_draft_with_the_words_in_force(manager):
    response = manager.post(url("policy-draft", "default"))
    assert response.status_code == 303
    draft = PolicyVersion.objects.get(policy__slug="default", version=2)
    assert (draft.state, draft.source_yaml) == ("draft", SOURCE)
    page = manager.get(response["Location"]).content.decode()
    assert "No difference." in page


@pytest.mark.parametrize(
    "old,new,words",
    [
        ("delete: 750", "delete: many", "thresholds.delete"),
        ("mode: act", "mode: shout", "mode"),
        ("flood:", "floood:", "flood"),
        ("mode: act", "mode: [act", ""),
    ],
)
def test_a_wrong_line_is_named_and_what_was_typed_stays(manager, old, new, words):
    draft = a_draft()
    line = SOURCE[: SOURCE.index(old)].count("\n") + 1
    typed = SOURCE.replace(old, new)
    response = manager.post(url("policy-save", "default", draft.version), {"source": typed, "note": "n"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Line " in page
    assert words in page
    assert new.split(":")[0] in page
    assert response.context["wrong"].row in (line, line + 1)
    assert PolicyVersion.objects.get(pk=draft.pk).source_yaml == MILDER


def test_a_good_edit_is_saved_with_its_note(manager):
    draft = a_draft()
    typed = SOURCE.replace("delete: 750", "delete: 900").replace("\n", "\r\n")
    response = manager.post(
        url("policy-save", "default", draft.version), {"source": typed, "note": "calmer"}, follow=True
    )
    assert said(response) == "Saved."
    draft.refresh_from_db()
    assert "delete: 900" in draft.source_yaml
    assert "\r" not in draft.source_yaml
    assert draft.note == "calmer"


def test_the_page_says_what_changes_and_what_punishes_more(manager):
    draft = a_draft(SOURCE.replace("delete: 750", "delete: 600"))
    page = manager.get(url("policy-version", "default", draft.version))
    assert [change.field for change in page.context["changes"]] == ["thresholds.delete"]
    assert "somebody else must approve it" in page.content.decode()
    assert (
        "somebody else must approve it"
        not in manager.get(url("policy-version", "default", a_draft().version)).content.decode()
    )


def test_a_milder_policy_is_in_force_at_once(manager):
    draft = a_draft()
    manager.post(url("policy-propose", "default", draft.version))
    draft.refresh_from_db()
    assert draft.state == "active"
    assert policies.active("default").thresholds.delete == 850
    assert PolicyVersion.objects.get(policy__slug="default", version=1).state == "retired"


def test_a_version_in_force_cannot_be_edited_or_discarded(manager):
    for name in ("policy-save", "policy-discard"):
        response = manager.post(url(name, "default", 1), {"source": MILDER}, follow=True)
        assert PolicyVersion.objects.get(policy__slug="default", version=1).source_yaml == SOURCE
        assert response.status_code in (200, 422)
    assert PolicyVersion.objects.get(policy__slug="default", version=1).state == "active"


def test_a_draft_is_discarded(manager):
    draft = a_draft()
    manager.post(url("policy-discard", "default", draft.version))
    draft.refresh_from_db()
    assert draft.state == "retired"


def test_a_new_policy_is_a_draft_of_its_own_name(manager):
    form = {"name": "VIP rooms", "slug": "vip", "source": SOURCE, "note": ""}
    assert manager.post(url("policy-new"), form)["Location"] == url("policy-version", "vip", 1)
    assert Policy.objects.get(slug="vip").name == "VIP rooms"
    again = manager.post(url("policy-new"), form)
    assert (again.status_code, PolicyVersion.objects.filter(policy__slug="vip").count()) == (422, 1)
    for bad in ({"slug": "not a slug"}, {"name": ""}, {"source": "mode: ["}, {"source": ""}):
        assert manager.post(url("policy-new"), {**form, "slug": "other", **bad}).status_code == 422
    assert not Policy.objects.filter(slug="other").exists()


def test_a_trial_shows_what_would_have_been_different(manager):
    space = Space.objects.create(platform="webchat", external_id="s", slug="s", name="Perps EN")
    member = Member.objects.create()
    account = Account.objects.create(member=member, platform="webchat", external_id="u")
    for number in range(3):
        Message.objects.create(
            space=space, account=account, external_id=str(number), sent_at=clock.now(), received_at=clock.now(),
            text="Support team here: enter your 12 word seed phrase to sync your wallet",
        )  # fmt: skip
    source = SOURCE.replace("review: 400", "review: 1").replace("delete: 750", "delete: 2")
    draft = a_draft(source)
    manager.post(url("policy-shadow", "default", draft.version), {"days": "7"})
    assert "of 3" in manager.get(url("policy-version", "default", draft.version)).content.decode()
    effects.drain()
    run = queries.latest_shadow(draft.pk)
    assert (run.state, run.seen) == ("done", 3)
    page = manager.get(url("policy-version", "default", draft.version))
    assert page.context["run"]["run"].seen == 3
    assert sum(row["after"] for row in page.context["run"]["totals"]) == 3
    assert policies.active("default").thresholds.delete == 750


def test_a_trial_is_stopped(manager):
    draft = a_draft()
    assert manager.post(url("policy-shadow-stop", "default", draft.version)).status_code == 404
    manager.post(url("policy-shadow", "default", draft.version), {"days": "nonsense"})
    manager.post(url("policy-shadow-stop", "default", draft.version))
    assert queries.latest_shadow(draft.pk).state in ("stopped", "done")


def test_a_space_gets_a_policy_at_once_when_it_is_milder_and_with_four_eyes_when_it_is_harder(manager):
    space = Space.objects.create(platform="webchat", external_id="s", slug="s", name="Perps EN")
    manager.post(url("policy-assign"), {"space": space.pk, "slug": "review-first"})
    assert SpacePolicy.objects.get(space=space).policy.slug == "review-first"
    response = manager.post(url("policy-assign"), {"space": space.pk, "slug": "strict"})
    assert "/approvals/" in response["Location"]
    assert SpacePolicy.objects.get(space=space).policy.slug == "review-first"
    for bad in ({"space": "x", "slug": "strict"}, {"space": space.pk, "slug": "none"}, {}):
        refused = manager.post(url("policy-assign"), bad, follow=True)
        assert "There is no" in said(refused)


@pytest.mark.parametrize("name", ["policy-save", "policy-propose", "policy-discard", "policy-shadow"])
def test_whoever_may_only_read_changes_nothing(name):
    draft = a_draft()
    analyst = client_for(Role.ANALYST)
    assert analyst.get(url("policy-version", "default", draft.version)).status_code == 200
    assert analyst.post(url(name, "default", draft.version), {"source": SOURCE}).status_code == 403
    forger = client_for(Role.MANAGER, enforce_csrf_checks=True)
    assert forger.post(url(name, "default", draft.version), {"source": SOURCE}).status_code == 403
    draft.refresh_from_db()
    assert (draft.state, draft.source_yaml) == ("draft", MILDER)


def test_what_is_not_there_is_not_found(manager):
    assert manager.get(url("policy", "none")).status_code == 404
    assert manager.get(url("policy-version", "default", 99)).status_code == 404
    assert manager.get("/policies/default/99999999999999999999/").status_code == 404
    assert client_for(Role.PARTNER).get(url("policies")).status_code == 403


def a_talk(people=5):
    space = Space.objects.create(platform="webchat", external_id="t", slug="t", name="Perps EN")
    for number in range(people):
        account = Account.objects.create(
            member=Member.objects.create(),
            platform="webchat",
            external_id=f"t{number}",
            display_name=f"Poster {number}",
        )
        Message.objects.create(
            space=space, account=account, external_id=str(number), sent_at=clock.now(), received_at=clock.now(),
            text=f"Funding flipped negative, number {number}",
        )  # fmt: skip
    return space


HARSH = SOURCE + "\nwords: [{word: funding, action: delete}]\n"


def test_a_refused_version_shows_whom_and_asks_for_a_second_person_with_a_reason(manager):
    a_talk()
    draft = a_draft(HARSH)
    response = manager.post(url("policy-propose", "default", draft.version))
    check = ReachCheck.objects.get()
    assert response["Location"] == url("reach", check.pk)
    page = manager.get(url("reach", check.pk)).content.decode()
    assert "5 of 5 active members" in page
    assert "Poster 3" in page
    assert "Funding flipped negative, number 3" in page
    assert (
        "5 of 5 active members"
        in manager.get(url("policy-version", "default", draft.version)).content.decode()
    )
    manager.post(url("reach-override", check.pk), {"reason": " "})
    assert not Proposal.objects.exists()
    response = manager.post(url("reach-override", check.pk), {"reason": "announced"})
    proposal = Proposal.objects.get()
    assert response["Location"] == url("approval", proposal.pk)
    page = manager.get(url("approval", proposal.pk)).content.decode()
    assert "announced" in page
    assert "Funding flipped negative, number 3" in page
    assert policies.active("default").version == 1


def test_the_words_of_members_are_shown_only_to_those_who_may_read_messages(monkeypatch):
    a_talk()
    draft = a_draft(HARSH)
    actions.propose_policy(draft.pk, "staff:999")
    actions.start_shadow(draft.pk, "staff:999")
    effects.drain()
    check = ReachCheck.objects.get()
    reader = client_for(Role.ANALYST)
    monkeypatch.setattr(
        "guildhall.people.models.Staff.may",
        lambda self, permission: permission in ("policies.view", "approvals.view"),
    )
    for address in (url("reach", check.pk), url("policy-version", "default", draft.version)):
        page = reader.get(address).content.decode()
        assert reader.get(address).status_code == 200
        assert "number 3" not in page
        assert "Poster 3" not in page


def test_the_trial_says_at_the_top_what_would_change_and_filters_what_it_lists(manager):
    space = a_talk()
    draft = a_draft(HARSH)
    manager.post(url("policy-shadow", "default", draft.version), {"days": "7", "scope": space.pk})
    effects.drain()
    address = url("policy-version", "default", draft.version)
    page = manager.get(address)
    assert "It would remove 5 more, spare 0, and disagrees with moderators in 0." in page.content.decode()
    assert len(page.context["run"]["rows"]) == 5
    assert not manager.get(address, {"rule": "LINK-1"}).context["run"]["rows"]
    assert len(manager.get(address, {"rule": "WORD-1", "space": space.pk}).context["run"]["rows"]) == 5
    assert not manager.get(address, {"group": "spared"}).context["run"]["rows"]
    for bad in ({"from": "99"}, {"from": "x"}, {"group": "x"}, {"space": "'"}):
        assert manager.get(address, bad).status_code == 200


def test_the_rules_are_listed_with_families_weights_and_sources(manager):
    page = manager.get(url("guard-rules")).content.decode()
    for words in ("LINK-1", "WORD-12", "GUARD-2", "Outside lists", "asks a person when it is alone"):
        assert words in page


def test_a_policy_may_not_be_named_like_a_page(manager):
    form = {"name": "Rules", "slug": "rules", "source": SOURCE, "note": ""}
    assert manager.post(url("policy-new"), form).status_code == 422
