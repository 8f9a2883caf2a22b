"""A broadcast from draft to every place it is meant for, and what happens on the way."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from guildhall.broadcast import actions
from guildhall.broadcast.actions import following, sending
from guildhall.broadcast.audience import Audience
from guildhall.broadcast.models import Broadcast, Delivery, Rendering, Run
from guildhall.broadcast.tests.houses import (
    BY,
    TEXTS,
    noon,
    send,
    space,
    spaces,
    states,
    turns,
    whys,
    wire,
    write,
)
from guildhall.broadcast.timing import Schedule
from guildhall.channels import enclosures
from guildhall.channels.models import Message, Space, Topic
from guildhall.channels.port import Limits, Receipt, Verb
from guildhall.compliance.acts import Act
from guildhall.core import approvals, clock
from guildhall.core.errors import BadInput, Conflict, Permanent, Uncertain
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.facts.models import Staged

pytestmark = pytest.mark.django_db
State = Delivery.State


def test_each_place_gets_the_words_of_its_language() -> None:
    with noon() as frozen, wire() as line:
        space("sg", language="en")
        space("tw", language="zh-hant", region="TW")
        space("hk", language="zh-hans", region="HK")
        space("jp", language="ja", region="JP")
        run = send(write())
        turns(frozen)
        assert line.said() == {
            "sg": TEXTS["en"], "hk": TEXTS["zh-hans"], "tw": "XYZ 將於週五下架。", "jp": TEXTS["en"],
        }  # fmt: skip
        run.refresh_from_db()
        assert run.state == Run.State.FINISHED
        assert set(states(run).values()) == {State.SENT}
        assert Message.objects.filter(direction="out").count() == 4
        assert Delivery.objects.exclude(message_id="").count() == 4
        posts = Staged.objects.filter(table="posts").values_list("row__delivery", "row__language")
        assert sorted(posts) == sorted(Delivery.objects.values_list("id", "rendering__language"))


def test_a_server_hears_it_in_each_channel_that_announces_in_that_channels_language() -> None:
    with noon() as frozen, wire() as line:
        server = space("guild", language="en")
        Topic.objects.create(space=server, external_id="news-en", announces=True, language="en")
        Topic.objects.create(space=server, external_id="news-zh", announces=True, language="zh-hans")
        Topic.objects.create(space=server, external_id="chat", announces=False)
        other = space("other")
        other.settings = {"announce_in": "lobby"}
        other.save()
        send(write())
        turns(frozen)
        heard = {(refs.space_external_id, act.thread_id): act.text for act, refs in line.told}
        assert heard == {
            ("guild", "news-en"): TEXTS["en"], ("guild", "news-zh"): TEXTS["zh-hans"],
            ("other", "lobby"): TEXTS["en"],
        }  # fmt: skip


def test_where_compliance_says_no_nothing_is_sent_and_the_rule_is_shown() -> None:
    with noon() as frozen, wire() as line:
        space("kp", region="KP")
        space("sg")
        run = send(write())
        turns(frozen)
        assert set(line.said()) == {"sg"}
        assert states(run) == {"kp": State.HELD, "sg": State.SENT}
        assert "OFAC" in Delivery.objects.get(space__external_id="kp").why["en"]
        assert any(reason["blocks"] for reason in Rendering.objects.get(region="KP").reasons)


def test_a_button_to_a_sign_up_page_is_held_where_invitations_are() -> None:
    with noon() as frozen, wire() as line:
        space("gb", region="GB")
        button = {"url": "https://example.com/register?ref=1", "labels": {"en": "More", "zh-hans": "更多"}}
        run = send(write(buttons=[button]))
        turns(frozen)
        assert states(run) == {"gb": State.HELD}
        assert line.told == []


def test_what_is_too_long_for_a_platform_is_held_whole_and_never_cut() -> None:
    with noon() as frozen, wire(limits=Limits(text=20, buttons=0, media=0)) as line:
        space("sg")
        run = send(write())
        turns(frozen)
        assert states(run) == {"sg": State.HELD}
        assert "too long" in whys(Delivery.objects.all()).pop()
        assert line.told == []


def test_buttons_become_addresses_where_a_platform_has_none() -> None:
    button = {"url": "https://example.com/notice", "labels": {"en": "Notice", "zh-hans": "公告"}}
    with noon() as frozen, wire(limits=Limits(text=500, buttons=0, media=0)) as line:
        space("sg")
        send(write(buttons=[button]))
        turns(frozen)
        assert line.said()["sg"].endswith("Notice: https://example.com/notice")


def test_a_platform_that_cannot_be_written_to_is_named_with_the_way_by_hand() -> None:
    with noon() as frozen, wire(cannot=frozenset({Verb.SEND})):
        space("sg")
        run = send(write())
        turns(frozen)
        assert states(run) == {"sg": State.HELD}
        assert "Call them." in whys(Delivery.objects.all()).pop()


def test_one_closed_place_does_not_hold_up_the_others() -> None:
    with noon() as frozen, wire() as line:
        space("closed-1")
        space("sg")
        run = send(write())
        turns(frozen)
        assert states(run) == {"closed-1": State.HELD, "sg": State.SENT}
        assert set(line.said()) == {"sg"}


def test_an_audience_that_names_nobody_is_refused() -> None:
    with noon(), wire():
        space("sg")
        one = write(Audience())
        with pytest.raises(BadInput):
            actions.submit(one.id, BY, 1)


def test_above_fifty_places_somebody_else_must_approve_exactly_what_was_read() -> None:
    with noon() as frozen, wire() as line:
        spaces(51)
        one = write()
        actions.submit(one.id, BY, 1)
        turns(frozen)
        one.refresh_from_db()
        assert one.state == Broadcast.State.WAITING
        assert line.told == []
        first = approvals.Proposal.objects.get(pk=one.proposal)
        assert first.payload["places"] == 51
        said = actions.Written.of(actions.version_of(one))
        changed = actions.parse_content({**said.content.to_json(), "texts": {"en": "Other words."}})
        actions.rewrite(
            one.id, one.name, actions.Written(said.act, changed, said.audience, said.schedule), BY
        )
        with pytest.raises(Conflict):
            approvals.approve(first.id, "staff:2", first.content_hash)
        again = approvals.Proposal.objects.get(pk=one.proposal)
        assert again.payload["content"]["texts"] == {"en": "Other words."}
        approvals.approve(again.id, "staff:2", again.content_hash)
        turns(frozen, 6)
        assert set(line.said().values()) == {"Other words."}
        assert len(line.told) == 51


def test_fifty_places_go_without_a_second_pair_of_eyes() -> None:
    with noon() as frozen, wire() as line:
        spaces(50)
        send(write())
        turns(frozen, 6)
        assert len(line.told) == 50


def test_a_large_one_cut_into_small_pieces_is_still_a_large_one() -> None:
    with noon() as frozen, wire():
        made = spaces(60)
        ids = [str(one.pk) for one in made]
        send(write({"include": ids[:30]}))
        turns(frozen, 6)
        second = actions.submit((piece := write({"include": ids[30:]})).id, BY, piece.version)
        assert second.state == Broadcast.State.WAITING
        other = write({"include": ids[30:]}, texts={"en": "Something else."})
        assert actions.submit(other.id, BY, other.version).state != Broadcast.State.WAITING


def test_what_was_changed_after_it_was_read_is_not_sent() -> None:
    with noon(), wire():
        space("sg")
        one = write()
        said = actions.Written.of(actions.version_of(one))
        other = actions.parse_content({"texts": {"en": "Other words."}})
        actions.rewrite(one.id, one.name, actions.Written(said.act, other, said.audience, said.schedule), BY)
        with pytest.raises(Conflict):
            actions.submit(one.id, BY, 1)


def test_a_rejected_broadcast_is_a_draft_again() -> None:
    with noon(), wire():
        spaces(51)
        one = write()
        actions.submit(one.id, BY, 1)
        one.refresh_from_db()
        approvals.reject(one.proposal, "staff:2", "not now")
        following.look_after()
        one.refresh_from_db()
        assert one.state == Broadcast.State.DRAFT


def test_a_schedule_by_each_audiences_clock_reaches_everyone_at_their_own_nine_o_clock() -> None:
    with noon() as frozen, wire() as line:
        space("sg", region="SG")
        space("gb", region="GB")
        at = datetime(2026, 11, 25, 9, 0)  # noqa: DTZ001 - a wall clock
        one = write(schedule=Schedule("once", at, each_zone=True))
        actions.submit(one.id, BY, 1)
        frozen.advance(timedelta(hours=7))  # 19:00 UTC: nine o'clock on the 25th where days begin
        following.look_after()
        drain()
        run = Run.objects.get()
        due = {one.space.external_id: one.due_at.isoformat() for one in run.deliveries.all()}
        assert due == {"sg": "2026-11-25T01:00:00+00:00", "gb": "2026-11-25T09:00:00+00:00"}
        assert line.told == []
        turns(frozen, 7, timedelta(hours=1))
        assert set(line.said()) == {"sg"}
        turns(frozen, 8, timedelta(hours=1))
        assert set(line.said()) == {"sg", "gb"}


def test_a_sending_that_missed_its_time_waits_for_a_person() -> None:
    with noon() as frozen, wire() as line:
        space("sg")
        at = datetime(2026, 11, 24, 13, 0)  # noqa: DTZ001 - a wall clock
        one = write(schedule=Schedule("once", at))
        actions.submit(one.id, BY, 1)
        frozen.advance(timedelta(hours=5))
        following.look_after()
        drain()
        run = Run.objects.get()
        assert (run.state, line.told) == (Run.State.MISSED, [])
        actions.begin_missed(run.id, BY)
        turns(frozen)
        assert set(line.said()) == {"sg"}


def test_a_recurring_post_goes_once_for_each_time_it_is_due() -> None:
    with noon() as frozen, wire() as line:
        space("sg")
        one = write(schedule=Schedule("every", cron="0 9 * * *", zone="Asia/Singapore"))
        actions.submit(one.id, BY, 1)
        for _ in range(2):
            frozen.advance(timedelta(hours=13))
            following.look_after()
            following.look_after()
            drain()
            frozen.advance(timedelta(hours=11))
            turns(frozen)
            following.look_after()
        assert Run.objects.filter(broadcast=one).count() == 2
        assert len(line.told) == 2


def test_an_audience_that_outgrew_its_approval_waits_for_another_one() -> None:
    with noon() as frozen, wire() as line:
        spaces(51)
        one = write(schedule=Schedule("once", datetime(2026, 11, 24, 13, 0)))  # noqa: DTZ001 - a wall clock
        actions.submit(one.id, BY, 1)
        one.refresh_from_db()
        proposal = approvals.Proposal.objects.get(pk=one.proposal)
        approvals.approve(proposal.id, "staff:2", proposal.content_hash)
        for number in range(100, 160):
            space(number)
        frozen.advance(timedelta(hours=1))
        following.look_after()
        drain()
        run = Run.objects.get()
        assert (run.state, run.targets, line.told) == (Run.State.BLOCKED, 111, [])
        actions.ask_again(run.id, BY)
        again = approvals.Proposal.objects.get(state=approvals.Proposal.State.PROPOSED)
        approvals.approve(again.id, "staff:2", again.content_hash)
        turns(frozen, 8)
        assert len(line.told) == 111


def test_a_failure_is_sent_again_and_a_doubt_only_when_a_person_says_so() -> None:
    def fails() -> Receipt:
        raise Permanent(Text("The bot was removed.", "机器人已被移除。"))

    def who_knows() -> Receipt:
        raise Uncertain(Text("No answer.", "没有应答。"))

    with noon() as frozen, wire() as line:
        for name in ("good", "bad", "doubt"):
            space(name)
        line.answers = {"bad": fails, "doubt": who_knows}
        run = send(write())
        turns(frozen)
        assert states(run) == {"good": State.SENT, "bad": State.FAILED, "doubt": State.UNCERTAIN}
        line.answers = {}
        assert actions.resend_failed(run.id, BY) == 1
        turns(frozen)
        assert states(run) == {"good": State.SENT, "bad": State.SENT, "doubt": State.UNCERTAIN}
        assert sorted(line.said()) == ["bad", "good"]
        assert not Effect.objects.filter(state="dead").exists()
        doubt = Delivery.objects.get(state=State.UNCERTAIN)
        actions.settle(doubt.id, BY, arrived=False)
        drain()
        following.look_after()
        assert states(run)["doubt"] == State.SENT
        assert len(line.told) == 3


def test_a_person_who_saw_it_arrive_settles_the_doubt_without_another_message() -> None:
    def who_knows() -> Receipt:
        raise Uncertain(Text("No answer.", "没有应答。"))

    with noon() as frozen, wire() as line:
        space("doubt")
        line.answers = {"doubt": who_knows}
        run = send(write())
        turns(frozen)
        line.answers = {}
        actions.settle(Delivery.objects.get().id, BY, arrived=True)
        turns(frozen)
        assert states(run) == {"doubt": State.SENT}
        assert line.told == []


def test_an_act_that_promotes_goes_nowhere_its_rules_do_not_allow() -> None:
    with noon() as frozen, wire() as line:
        space("sg")
        space("unknown", region="")
        run = send(write(act=Act.PROMOTE))
        turns(frozen)
        assert set(states(run).values()) == {State.HELD}
        assert line.told == []


def test_what_is_stopped_while_it_is_laid_out_sends_nothing() -> None:
    with noon() as frozen, wire() as line:
        space("sg")
        one = write()
        actions.submit(one.id, BY, 1)
        run = Run.objects.get()
        found = sending.targets.find

        def stopped_meanwhile(audience: Audience) -> object:
            actions.stop(run.id, BY)
            return found(audience)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sending.targets, "find", stopped_meanwhile)
            drain()
        turns(frozen)
        assert line.told == []
        assert states(run) == {"sg": State.CANCELLED}


def test_a_run_whose_turns_broke_off_goes_on() -> None:
    with noon() as frozen, wire() as line:
        space("sg")
        one = write()
        actions.submit(one.id, BY, 1)
        drain(1)
        Effect.objects.filter(kind="broadcast.turn").delete()
        frozen.advance(timedelta(minutes=5))
        following.look_after()
        turns(frozen)
        assert set(line.said()) == {"sg"}


def test_the_name_of_a_file_is_asked_of_compliance_like_the_words() -> None:
    with noon() as frozen, wire() as line:
        space("gb", region="GB")
        picture = enclosures.keep("example.com?ref=1.png", b"\x89PNG\r\n\x1a\n1", by=BY)
        plain = enclosures.keep("notice.png", b"\x89PNG\r\n\x1a\n2", by=BY)
        held, sent = send(write(files=[picture])), send(write(files=[plain]))
        turns(frozen)
        assert states(held) == {"gb": State.HELD}
        assert states(sent) == {"gb": State.SENT}
        assert len(line.told) == 1


def test_a_space_archived_after_the_laying_out_gets_nothing() -> None:
    with noon() as frozen, wire() as line:
        there = space("sg")
        one = write(schedule=Schedule())
        actions.submit(one.id, BY, 1)
        run = Run.objects.get()
        sending.lay_out(run.id)
        Space.objects.filter(pk=there.pk).update(archived_at=clock.now())
        drain()
        turns(frozen)
        assert line.told == []
        assert states(run) == {"sg": State.HELD}


def test_what_was_stopped_is_not_put_up_for_approval_again() -> None:
    with noon() as frozen, wire():
        spaces(51)
        one = write({"include": [str(pk) for pk in Space.objects.values_list("id", flat=True)[:2]]})
        actions.submit(one.id, BY, 1)
        run = Run.objects.get()
        found = sending.targets.find

        def stopped_meanwhile(audience: Audience) -> object:
            actions.stop(run.id, BY)
            return found(Audience(everyone=True))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sending.targets, "find", stopped_meanwhile)
            drain()
        turns(frozen)
        run.refresh_from_db()
        assert run.state == Run.State.STOPPED
