"""What can be asked of a platform: nothing it cannot do, nothing without a clearance, nothing twice."""

from __future__ import annotations

import pytest

from guildhall.channels.actions import NewMessage, Wanted, record_messages, request, request_many
from guildhall.channels.actions.acting import from_payload, to_payload
from guildhall.channels.port import Act, Button, Verb
from guildhall.channels.testing.contract.samples import AT, Samples, cleared
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotAllowed, NotFound, Unsupported
from guildhall.core.ids import new_id
from guildhall.core.models import AuditEntry
from guildhall.effects.models import Effect

WORDS = "Withdrawals are open again."


class Asking(Samples):
    """The way of an act until it is queued."""

    def test_a_verb_the_platform_lacks_is_refused_before_it_is_queued(self) -> None:
        lacking = [verb for verb, capability in self.adapter.capabilities.items() if not capability.supported]
        space = self.made_space()
        for verb in lacking:
            with pytest.raises(Unsupported) as caught:
                request(Act(verb, space.id), actor="staff:1", reason="because")
            assert caught.value.manual_step.zh
        assert not Effect.objects.exists()

    def test_words_over_the_limit_are_refused_before_they_are_queued(self) -> None:
        self.must_send()
        space = self.made_space()
        with pytest.raises(BadInput):
            request(
                Act(Verb.SEND, space.id, text="x" * (self.adapter.limits.text + 1)),
                actor="staff:1",
                reason="because",
            )
        assert not Effect.objects.exists()

    def test_words_without_a_clearance_are_refused(self) -> None:
        self.must_send()
        act = Act(Verb.SEND, self.made_space().id, text=WORDS)
        with pytest.raises(NotAllowed):
            request(act, actor="staff:1", reason="because")
        assert not Effect.objects.exists()

    def test_a_clearance_for_other_words_is_none(self) -> None:
        self.must_send()
        act = Act(Verb.SEND, self.made_space().id, text=WORDS)
        with pytest.raises(NotAllowed):
            request(act, actor="staff:1", reason="because", clearance=cleared(WORDS + " Deposit now!"))
        assert not Effect.objects.exists()

    def test_nothing_cannot_be_said(self) -> None:
        self.must_send()
        act = Act(Verb.SEND, self.made_space().id, text=" \n ")
        with pytest.raises(BadInput):
            request(act, actor="staff:1", reason="because", clearance=cleared(act.text))
        assert not Effect.objects.exists()

    def test_cleared_words_are_queued_with_who_and_why(self) -> None:
        self.must_send()
        space = self.made_space()
        act = Act(Verb.SEND, space.id, text=WORDS)
        request(act, actor="staff:1", reason="case:1", clearance=cleared(WORDS))
        effect = Effect.objects.get()
        assert from_payload(effect.payload) == act
        assert effect.payload["actor"] == "staff:1"
        assert effect.payload["cleared"]["rules"] == ["TEST@1"]
        row = AuditEntry.objects.get(verb="channels.send.requested")
        assert (row.actor, row.subject) == ("staff:1", f"space:{space.id}")
        assert WORDS not in str(row.data)

    def test_the_same_words_asked_for_twice_are_queued_once(self) -> None:
        self.must_send()
        act = Act(Verb.SEND, self.made_space().id, text=WORDS)
        for _ in range(2):
            request(act, actor="staff:1", reason="because", clearance=cleared(WORDS), unique_key="announce:1")
        assert Effect.objects.count() == 1

    def test_one_act_that_cannot_be_asked_for_holds_back_all(self) -> None:
        self.must_send()
        good = Wanted(Act(Verb.SEND, self.made_space().id, text=WORDS), cleared(WORDS))
        with pytest.raises(NotFound):
            request_many(
                [good, Wanted(Act(Verb.SEND, new_id(), text=WORDS), cleared(WORDS))],
                actor="staff:1",
                reason="because",
            )
        assert not Effect.objects.exists()
        assert not AuditEntry.objects.filter(verb__startswith="channels.").exists()

    def test_what_an_act_names_must_be_there(self) -> None:
        able = [verb for verb in (Verb.DELETE, Verb.BAN) if self.adapter.capabilities[verb].supported]
        if not able:
            pytest.skip("this platform removes nothing")
        space = self.made_space()
        for verb in able:
            with pytest.raises(BadInput):
                request(Act(verb, space.id), actor="staff:1", reason="because")
            act = Act(verb, space.id, message_id=new_id(), account_id=new_id())
            with pytest.raises(NotFound):
                request(act, actor="staff:1", reason="because")
        assert not Effect.objects.exists()

    def test_a_message_of_another_space_is_out_of_reach(self) -> None:
        if not self.adapter.capabilities[Verb.DELETE].supported:
            pytest.skip("this platform removes nothing")
        here, there = self.made_space(), self.made_space(f"{self.space}2")
        message_id = self.kept_in(there.id)
        with pytest.raises(NotFound):
            request(Act(Verb.DELETE, here.id, message_id=message_id), actor="staff:1", reason="because")
        assert not Effect.objects.exists()

    def test_removing_a_message_never_waits_behind_words(self) -> None:
        if not self.adapter.capabilities[Verb.DELETE].supported or not self.adapter.shows_at_once:
            pytest.skip("here nothing has to wait")
        self.must_send()
        space = self.made_space()
        message_id = self.kept_in(space.id)
        request(Act(Verb.SEND, space.id, text=WORDS), actor="s", reason="r", clearance=cleared(WORDS))
        request_many([Act(Verb.DELETE, space.id, message_id=message_id)], actor="s", reason="r")
        words, removal = Effect.objects.order_by("id")
        assert words.order_key != removal.order_key

    def test_an_act_survives_its_way_through_the_queue(self) -> None:
        act = Act(
            Verb.SEND, "space", "m", "a", "words 好", AT, "r", (Button("Open", "https://example.org"),),
            (("silent", "yes"),), "t", ("0" * 64,),
        )  # fmt: skip
        assert from_payload(to_payload(act)) == act

    def must_send(self) -> None:
        if not self.adapter.capabilities[Verb.SEND].supported:
            pytest.skip("this platform sends nothing")

    def kept_in(self, space_id: str) -> str:
        from django.db import transaction

        now = clock.now()
        inbound = self.adapter.parse(self.message("hello"))
        row = NewMessage.of(
            inbound, id=new_id(), space_id=space_id, account_id=self.made_account(), received_at=now
        )
        with transaction.atomic():
            record_messages([row])
        return row.id
