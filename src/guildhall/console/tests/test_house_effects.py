"""The Effects pages: figures, one effect, starting over, giving up, settling a doubt."""

import pytest
from django.db import transaction
from django.urls import reverse

from guildhall.console.tests.house_doors import said
from guildhall.core.models import AuditEntry
from guildhall.effects import actions
from guildhall.effects.models import Effect
from guildhall.effects.types import Mode, NewEffect
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def an_effect(state="queued", **columns):
    with transaction.atomic():
        mode = Mode.ONCE if state == "uncertain" else Mode.REPEATABLE
        actions.enqueue(
            NewEffect("test.nothing", {"text": "<script>alert(1)</script>"}, mode=mode, cause="case:01")
        )
    effect = Effect.objects.order_by("-id").first()
    Effect.objects.filter(pk=effect.pk).update(state=state, **columns)
    return Effect.objects.get(pk=effect.pk)


def test_the_figures_lead_to_the_rows_behind_them():
    an_effect()
    an_effect("dead", error="The endpoint answered 500.")
    an_effect("uncertain")
    client = client_for(Role.MODERATOR)
    page = client.get(url("effects"))
    assert (
        page.context["figures"]["queued"],
        page.context["figures"]["dead"],
        page.context["figures"]["uncertain"],
    ) == (1, 1, 1)
    dead = client.get(url("effects") + "?state=dead")
    assert [row["effect"].state for row in dead.context["table"].rows] == ["dead"]
    assert "The endpoint answered 500." in dead.content.decode()


def test_what_was_asked_is_shown_as_text():
    page = client_for(Role.MODERATOR).get(url("effect", an_effect().pk)).content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_a_dead_effect_is_started_over_and_given_up():
    client = client_for(Role.MANAGER)
    effect = an_effect("dead", attempts=20)
    assert said(client.post(url("effect-retry", effect.pk), follow=True)) == "It is queued again."
    assert Effect.objects.get(pk=effect.pk).state == "queued"
    client.post(url("effect-give-up", effect.pk), {"reason": "no longer needed"})
    assert Effect.objects.get(pk=effect.pk).state == "cancelled"
    assert AuditEntry.objects.filter(subject=f"effect:{effect.pk}").count() == 2


@pytest.mark.parametrize("answer,state", [("yes", "done"), ("no", "queued")])
def test_a_doubt_is_settled_once_and_a_second_answer_is_refused(answer, state):
    client = client_for(Role.OWNER)
    effect = an_effect("uncertain")
    assert "Did it happen?" in client.get(url("effect", effect.pk)).content.decode()
    client.post(url("effect-settle", effect.pk), {"happened": answer})
    assert Effect.objects.get(pk=effect.pk).state == state
    again = client.post(url("effect-settle", effect.pk), {"happened": "yes"}, follow=True)
    assert "cannot be decided now" in said(again)


def test_what_cannot_be_done_says_so():
    client = client_for(Role.OWNER)
    done = an_effect("done")
    assert "cannot be decided now" in said(client.post(url("effect-retry", done.pk), follow=True))
    assert client.get(url("effect", 999_999)).status_code == 404
    assert client.get(url("effect-retry", done.pk)).status_code == 405


def test_a_moderator_sees_and_does_not_decide():
    effect = an_effect("dead")
    client = client_for(Role.MODERATOR)
    assert url("effect-retry", effect.pk) not in client.get(url("effect", effect.pk)).content.decode()
    assert client.post(url("effect-retry", effect.pk)).status_code == 403
    assert client_for(Role.SUPPORT_AGENT).get(url("effects")).status_code == 403


def test_a_forged_form_decides_nothing():
    effect = an_effect("dead")
    client = client_for(Role.OWNER, enforce_csrf_checks=True)
    assert client.post(url("effect-give-up", effect.pk)).status_code == 403
    assert Effect.objects.get(pk=effect.pk).state == "dead"


def test_nonsense_in_the_address_still_shows_a_page():
    client = client_for(Role.OWNER)
    for query in ("?state=unheard", "?after=%00", "?sort=payload", "?cause=" + "x" * 5000, "?kind=';drop"):
        assert client.get(url("effects") + query).status_code == 200


def test_what_happens_by_itself_is_listed_with_its_next_time():
    page = client_for(Role.MODERATOR).get(url("schedules")).content.decode()
    assert "effects.prune" in page
    assert "api.forget_answers" in page
    assert client_for(Role.PARTNER).get(url("schedules")).status_code == 403


def test_why_an_effect_waits_is_told():
    page = client_for(Role.MODERATOR).get(url("effect", an_effect().pk)).content.decode()
    assert "No process here knows how to do it." in page
