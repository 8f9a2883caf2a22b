"""Feeds on the page of lists: subscribed to, paused, fetched, removed; only by those who may approve policies."""

from __future__ import annotations

import pytest
from django.urls import reverse

from guildhall.console.tests.house_doors import said
from guildhall.effects.models import Effect
from guildhall.guard.actions import feeding
from guildhall.guard.models import Feed, LookUpList
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db
SAID = {
    "feed-name": "Example feed",
    "feed-url": "https://lists.example/all.json",
    "feed-about": "domains",
    "feed-written": "auto",
    "feed-every_hours": "24",
}


def url(name: str, *args: object) -> str:
    return reverse(f"console:{name}", args=args)


def test_a_feed_is_subscribed_to_and_fetched_at_once() -> None:
    client = client_for(Role.MANAGER)
    assert "Known public lists" in client.get(url("lists")).content.decode()
    done = client.post(url("feed-add"), SAID, follow=True)
    assert "being fetched" in said(done)
    feed = Feed.objects.get()
    assert (feed.every_hours, feed.about, feed.added_by[:6]) == (24, "domains", "staff:")
    assert Effect.objects.filter(kind=feeding.FETCH).count() == 1
    client.post(url("feed-fetch", feed.pk))
    assert Effect.objects.filter(kind=feeding.FETCH).count() == 2


def test_what_a_feed_knows_and_its_last_problem_are_shown_in_both_languages() -> None:
    client = client_for(Role.MANAGER)
    feed = feeding.add_feed("Example feed", "https://lists.example/all.json", "staff:1")
    Feed.objects.update(
        entries=1234, problem={"en": "The list is empty.", "zh": "名单为空。"}, tried_at=feed.at
    )
    page = client.get(url("lists")).content.decode()
    assert "1234" in page or "1,234" in page
    assert "The list is empty." in page
    chinese = client.get(url("lists"), HTTP_ACCEPT_LANGUAGE="zh-hans").content.decode()
    assert "名单为空。" in chinese or "The list is empty." in chinese


def test_a_feed_is_paused_resumed_and_removed() -> None:
    client = client_for(Role.MANAGER)
    feed = feeding.add_feed("Example feed", "https://lists.example/all.json", "staff:1")
    client.post(url("feed-switch", feed.pk), {"active": "no"})
    assert Feed.objects.get().state == "paused"
    client.post(url("feed-switch", feed.pk), {"active": "yes"})
    assert Feed.objects.get().state == "active"
    assert "forgotten" in said(client.post(url("feed-remove", feed.pk), follow=True))
    assert not Feed.objects.exists()
    assert "no such feed" in said(client.post(url("feed-remove", feed.pk), follow=True))


def test_a_service_is_asked_about_newcomers_until_it_is_removed() -> None:
    client = client_for(Role.MANAGER)
    form = {
        "lookup-name": "Bans",
        "lookup-url": "https://bans.example/check?user_id={id}",
        "lookup-field": "ok",
    }
    client.post(url("lookup-add"), form)
    asked = LookUpList.objects.get()
    assert "Bans" in client.get(url("lists")).content.decode()
    client.post(url("lookup-remove", asked.pk))
    assert not LookUpList.objects.exists()
    assert client.post(url("lookup-add"), {**form, "lookup-url": "https://bans.example/"}).status_code == 422


@pytest.mark.parametrize(
    "bad", [{"feed-url": "file:///etc/passwd"}, {"feed-name": ""}, {"feed-written": "x"}]
)
def test_a_feed_that_cannot_be_is_refused_with_what_was_typed(bad: dict[str, str]) -> None:
    answer = client_for(Role.MANAGER).post(url("feed-add"), {**SAID, **bad})
    assert answer.status_code == 422
    assert not Feed.objects.exists()


def test_a_moderator_reads_feeds_and_changes_none() -> None:
    client = client_for(Role.MODERATOR)
    assert "Subscribe to a feed" not in client.get(url("lists")).content.decode()
    assert client.post(url("feed-add"), SAID).status_code == 403
    assert not Feed.objects.exists()
