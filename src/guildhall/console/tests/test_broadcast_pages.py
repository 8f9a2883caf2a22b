"""The pages about broadcasts: written once, previewed for every platform, let go, watched, stopped, corrected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from guildhall.broadcast import actions
from guildhall.broadcast.models import Broadcast, Delivery, Run
from guildhall.broadcast.tests.houses import TEXTS, noon, send, space, spaces, states, turns, wire, write
from guildhall.channels.port import Limits, Receipt
from guildhall.console.tests.house_doors import confirmed, said
from guildhall.core import approvals
from guildhall.core.errors import Permanent, Uncertain
from guildhall.core.text import Text
from guildhall.effects.testing import drain
from guildhall.people.roles import Role
from guildhall.people.testing import client_for, make_staff

pytestmark = pytest.mark.django_db


def url(name: str, *args: str) -> str:
    return reverse(f"console:{name}", args=args)


def filled(**changed: object) -> dict[str, object]:
    return {
        "name": "Delisting of XYZ", "act": "service", "text_en": TEXTS["en"], "text_zh_hans": TEXTS["zh-hans"],
        "fallback": "en", "to": "spaces", "everyone": "on", "when": "now", "zone": "UTC", "repeat": "daily",
        **changed,
    }  # fmt: skip


def test_an_announcement_is_written_read_and_sent_from_the_pages() -> None:
    with wire() as line:
        space("sg")
        space("hk", language="zh-hans", region="HK")
        client = client_for(Role.MANAGER)
        page = client.post(url("broadcast-new"), filled(), follow=True)
        assert page.status_code == 200
        html = page.content.decode()
        assert TEXTS["en"] in html
        assert TEXTS["zh-hans"] in html
        one = Broadcast.objects.get()
        page = client.post(url("broadcast-submit", one.pk), {"read": "1"}, follow=True)
        assert "It goes out." in said(page)
        drain()
        assert line.said() == {"sg": TEXTS["en"], "hk": TEXTS["zh-hans"]}


def test_the_preview_tells_each_platforms_words_and_limits_before_anything_is_saved() -> None:
    with wire(limits=Limits(text=20, buttons=0, media=0)):
        space("sg")
        html = client_for(Role.MANAGER).post(url("broadcast-preview"), filled()).content.decode()
        assert "too long" in html
        assert "/ 20" in html
        assert not Broadcast.objects.exists()


def test_an_empty_audience_is_told_and_cannot_be_sent_to() -> None:
    with wire():
        space("sg")
        client = client_for(Role.MANAGER)
        html = client.post(url("broadcast-preview"), filled(everyone="")).content.decode()
        assert "This audience is nobody" in html
        client.post(url("broadcast-new"), filled(everyone=""))
        one = Broadcast.objects.get()
        page = client.post(url("broadcast-submit", one.pk), {"read": "1"}, follow=True)
        assert "This audience is nobody." in said(page)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text_en": "", "text_zh_hans": ""}, "at least one language"),
        ({"button_1_url": "ftp://x", "button_1_en": "a", "button_1_zh": "b"}, "https://"),
        ({"button_1_url": "https://example.com", "button_1_en": "a"}, "has no words in zh-hans"),
        ({"when": "once"}, "Say when."),
        ({"when": "every", "repeat": "weekly", "clock": "09:00"}, "on which days"),
        ({"zone": "Nowhere/City"}, "not a time zone"),
    ],
)
def test_what_cannot_be_read_is_named_at_its_field_and_what_was_typed_stays(
    changed: dict[str, object], words: str
) -> None:
    with wire():
        page = client_for(Role.MANAGER).post(url("broadcast-new"), filled(**changed))
        assert page.status_code == 422
        html = page.content.decode()
        assert words in html
        assert "Delisting of XYZ" in html


def test_a_recurring_post_comes_back_into_the_form_as_it_was_written() -> None:
    with wire():
        space("sg")
        client = client_for(Role.MANAGER)
        more = filled(
            when="every", repeat="weekly", days=["1", "3"], clock="08:30", zone="Asia/Singapore", each_zone="on",
            languages=["en"], everyone="",
        )  # fmt: skip
        client.post(url("broadcast-new"), more)
        one = Broadcast.objects.get()
        form = client.get(url("broadcast-edit", one.pk)).context["form"]
        assert (form["repeat"].value(), form["days"].value(), form["clock"].value()) == (
            "weekly",
            ["1", "3"],
            "08:30",
        )
        assert form["languages"].value() == ["en"]
        again = client.post(url("broadcast-edit", one.pk), {**more, "read": "1"}, follow=True)
        assert again.status_code == 200
        one.refresh_from_db()
        assert one.version == 1, "the same again is no new version"
        client.post(url("broadcast-submit", one.pk), {"read": "1"})
        assert "Delisting of XYZ" in client.get(url("broadcast-calendar")).content.decode()


def test_a_large_one_is_approved_on_its_page_by_somebody_else() -> None:
    with wire() as line:
        spaces(51)
        writer, second = client_for(Role.MANAGER), confirmed(Role.MANAGER)
        writer.post(url("broadcast-new"), filled())
        one = Broadcast.objects.get()
        page = writer.post(url("broadcast-submit", one.pk), {"read": "1"}, follow=True)
        assert "It waits for somebody else to approve it." in said(page)
        one.refresh_from_db()
        proposal = approvals.Proposal.objects.get(pk=one.proposal)
        shown = second.get(url("approval", proposal.pk)).content.decode()
        assert TEXTS["zh-hans"] in shown
        second.post(url("approval-approve", proposal.pk), {"content_hash": proposal.content_hash})
        drain()
        assert len(line.told) > 0
        assert Run.objects.get().version.approved_targets == 51


def test_a_run_is_paused_goes_on_and_is_stopped_with_what_had_left_said() -> None:
    with noon() as frozen, wire(rates=("wire:slow",)) as line:
        from guildhall.effects import buckets

        buckets.rule("wire:slow", rate_per_s=1, burst=5)
        try:
            spaces(40)
            run = send(write())
            client = client_for(Role.MANAGER)
            assert len(line.told) == 5
            client.post(url("broadcast-run-act", run.pk, "pause"))
            turns(frozen, 10)
            assert len(line.told) == 5
            client.post(url("broadcast-run-act", run.pk, "resume"))
            turns(frozen, 5, timedelta(seconds=1))
            told = len(line.told)
            assert 5 < told < 40
            page = client.post(url("broadcast-run-act", run.pk, "stop"), follow=True)
            assert "What had left cannot be recalled" in said(page)
            turns(frozen, 10)
            assert len(line.told) == told
            assert sorted(set(states(run).values())) == ["cancelled", "sent"]
            assert list(states(run).values()).count("sent") == told
        finally:
            buckets.forget("wire:slow")


def test_the_result_of_every_place_can_be_taken_along_as_a_table() -> None:
    def fails() -> Receipt:
        raise Permanent(Text("=cmd", "=cmd"))

    with noon() as frozen, wire() as line:
        space("sg")
        space("bad")
        line.answers = {"bad": fails}
        run = send(write())
        turns(frozen)
        client = client_for(Role.ANALYST)
        table = b"".join(client.get(url("broadcast-run-csv", run.pk)).streaming_content).decode()
        assert "'=cmd" in table
        assert table.count("\n") == 3
        page = client.get(url("broadcast-run", run.pk) + "?state=failed")
        assert [row["space"].external_id for row in page.context["table"].rows] == ["bad"]


def test_a_doubt_is_settled_only_by_somebody_who_may() -> None:
    def who_knows() -> Receipt:
        raise Uncertain(Text("No answer.", "没有应答。"))

    with noon() as frozen, wire() as line:
        space("sg")
        line.answers = {"sg": who_knows}
        run = send(write())
        turns(frozen)
        one = Delivery.objects.get()
        assert (
            "may or may not have arrived"
            in client_for(Role.CAMPAIGN_MANAGER).get(url("broadcast-run", run.pk)).content.decode()
        )
        assert client_for(Role.CAMPAIGN_MANAGER).post(url("broadcast-settle", one.pk)).status_code == 403
        client_for(Role.MANAGER).post(url("broadcast-settle", one.pk), {"arrived": "yes"})
        assert states(run) == {"sg": "sent"}


def test_it_is_said_in_other_words_and_taken_back() -> None:
    from guildhall.channels.port import Verb

    with noon() as frozen, wire() as line:
        space("sg")
        space("hk", language="zh-hans", region="HK")
        run = send(write())
        turns(frozen)
        client = client_for(Role.MANAGER)
        words = {"en": "XYZ is delisted on Monday.", "zh-hans": "XYZ 将于周一下架。"}
        client.post(url("broadcast-run-correct", run.pk), words)
        drain()
        assert line.said(Verb.EDIT) == {"sg": words["en"], "hk": words["zh-hans"]}
        page = client.post(url("broadcast-run-act", run.pk, "take-back"), follow=True)
        assert "2 messages are being taken back." in said(page)
        drain()
        assert len([act for act, _ in line.told if act.verb is Verb.DELETE]) == 2
        frozen.advance(61)
        from guildhall.broadcast.actions import following

        following.look_after()
        assert set(Delivery.objects.values_list("afterwards", flat=True)) == {"removed"}
        assert client.get(url("broadcast-run", run.pk)).status_code == 200


def test_a_correction_of_a_large_one_needs_a_second_pair_of_eyes() -> None:
    from guildhall.channels.port import Verb

    with noon() as frozen, wire() as line:
        spaces(51)
        one = write()
        actions.submit(one.id, "staff:1", 1)
        one.refresh_from_db()
        approvals.approve(one.proposal, "staff:2", approvals.Proposal.objects.get().content_hash)
        turns(frozen, 6)
        run = Run.objects.get()
        client = client_for(Role.MANAGER)
        client.post(url("broadcast-run-correct", run.pk), {"en": "Other.", "zh-hans": "其他。"})
        drain()
        assert line.said(Verb.EDIT) == {}
        proposal = approvals.Proposal.objects.get(kind="broadcast.correct")
        other = confirmed(Role.MANAGER)
        assert "Other." in other.get(url("approval", proposal.pk)).content.decode()
        other.post(url("approval-approve", proposal.pk), {"content_hash": proposal.content_hash})
        drain()
        assert len(line.said(Verb.EDIT)) == 51


def test_it_is_tried_in_one_space_first_and_the_draft_stays() -> None:
    with wire() as line:
        team, _ = space("team"), space("sg")
        client = client_for(Role.MANAGER)
        client.post(url("broadcast-new"), filled())
        one = Broadcast.objects.get()
        client.post(url("broadcast-try", one.pk), {"space": team.pk})
        drain()
        assert set(line.said()) == {"team"}
        one.refresh_from_db()
        assert one.state == Broadcast.State.DRAFT


def test_pages_are_read_by_those_who_may_and_written_by_those_who_may() -> None:
    with wire():
        one = write()
        reader = client_for(Role.ANALYST)
        assert reader.get(url("broadcasts")).status_code == 200
        assert reader.get(url("broadcast", one.pk)).status_code == 200
        assert reader.get(url("broadcast-new")).status_code == 403
        assert reader.post(url("broadcast-submit", one.pk), {"read": "1"}).status_code == 403
        assert client_for(Role.VENDOR_AGENT).get(url("broadcasts")).status_code == 403


def test_today_asks_for_what_missed_its_time() -> None:
    from datetime import datetime

    from guildhall.broadcast.actions import following
    from guildhall.broadcast.timing import Schedule
    from guildhall.console.today_needs import needs

    with noon() as frozen, wire():
        space("sg")
        one = write(schedule=Schedule("once", datetime(2026, 11, 24, 13, 0)))  # noqa: DTZ001 - a wall clock
        actions.submit(one.id, "staff:1", 1)
        frozen.advance(timedelta(hours=5))
        following.look_after()
        found = [need for need in needs(make_staff(Role.MANAGER)) if "Delisting" in need.title]
        assert [need.colour for need in found] == ["red"]
