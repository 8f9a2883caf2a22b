"""The contract of an adapter as tests: derive `AdapterContract`, say how your platform writes things, and
run it.

A platform that has no edits or joins leaves the builder out, and those tests are skipped; everything else
holds for all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson
import pytest

from guildhall.channels import registry
from guildhall.channels.actions import NewMessage, record_edits, record_messages, request
from guildhall.channels.models import Message, Quarantine, Space, SpaceMember
from guildhall.channels.port import SAYING, Act, Adapter, Inbound, Kind, Refs, Verb
from guildhall.channels.records import EditedMessage
from guildhall.core import clock
from guildhall.core.errors import BadInput, Unsupported
from guildhall.core.ids import new_id
from guildhall.effects.models import Effect
from guildhall.effects.types import Mode

HARD_TEXTS = {
    "plain": "gm, is the funding rate negative again?",
    "chinese": "大家早上好，手续费怎么算？",
    "null byte": "be\x00fore",
    "100 kB": "word " * 20_000,
    "10,000 emoji": "\U0001f680" * 10_000,
    "emoji of many parts": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 x",
    "right to left": "abc \u202e evil \u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "zero width": "bin\u200bance\u200d.\ufeffcom \u2060x",
    "combining marks": "Z" + "\u0351" * 500,
    "markup": "<script>alert(1)</script>{{7*7}}%s %(x)s",
    "sql": "'; DROP TABLE channels_message; --",
    "line ends": "one\r\ntwo\u2028three\u0085four",
    "astral before a link": "\U0001f600\U0001f600 https://example.org/x",
}
NOISE = (
    b"", b"\x00", b"{", b"null", b"[]", b"1", b'"x"', b"{}", b"\xff\xfe", b"{" * 5000, b"[" * 5000,
    b'{"type": "message"}', b'{"type": null, "space": {}, "line": []}', b"\xed\xa0\x80",
    b'{"text": "\\ud800"}', b'{"a": 1e999}', b" " * 10_000,
)  # fmt: skip


@pytest.mark.django_db
class AdapterContract:
    """Set `adapter` and `message`; `edit`, `join` and `leave` where the platform has them."""

    adapter: ClassVar[Adapter]
    space: ClassVar[str] = "contract"

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        """The bytes the platform sends for a message; `more` are fields nobody knows."""
        raise NotImplementedError

    edit: ClassVar[Callable[..., bytes] | None] = None
    """(self, text, *, message_id, sender) -> bytes"""
    join: ClassVar[Callable[..., bytes] | None] = None
    leave: ClassVar[Callable[..., bytes] | None] = None

    @pytest.mark.parametrize("what", HARD_TEXTS)
    def test_a_message_comes_through_with_every_code_point_but_the_unstorable(self, what: str) -> None:
        text = HARD_TEXTS[what]
        inbound = self.adapter.parse(self.message(text))
        assert inbound.kind is Kind.MESSAGE
        assert inbound.platform == self.adapter.platform
        assert len(inbound.text) == len(text)
        assert inbound.text == text.replace("\x00", "\ufffd")
        assert inbound.sent_at.tzinfo is not None
        assert inbound.message_id
        assert inbound.sender.external_id

    @pytest.mark.parametrize("what", HARD_TEXTS)
    def test_links_and_entities_point_at_the_code_points_they_mark(self, what: str) -> None:
        inbound = self.adapter.parse(self.message(HARD_TEXTS[what]))
        for link in inbound.links:
            if link.start >= 0:
                assert inbound.text[link.start : link.end] == link.text
        for entity in inbound.entities:
            assert 0 <= entity.offset <= entity.offset + entity.length <= len(inbound.text)

    def test_fields_nobody_knows_are_kept_in_raw(self) -> None:
        inbound = self.adapter.parse(self.message("hello", a_field_of_next_year={"deep": [1, 2]}))
        assert b"a_field_of_next_year" in orjson.dumps(inbound.raw)

    @pytest.mark.parametrize("noise", NOISE)
    def test_noise_is_bad_input_and_never_another_error(self, noise: bytes) -> None:
        with pytest.raises(BadInput) as caught:
            self.adapter.parse(noise)
        assert caught.value.text.en
        assert caught.value.text.zh

    def test_a_message_cut_anywhere_is_bad_input_or_a_message(self) -> None:
        whole = self.message("hello https://example.org")
        for end in range(len(whole)):
            try:
                self.adapter.parse(whole[:end])
            except BadInput:
                continue

    def test_every_verb_is_declared_and_refusals_say_why_in_both_languages(self) -> None:
        assert set(self.adapter.capabilities) == set(Verb)
        for capability in self.adapter.capabilities.values():
            if not capability.supported:
                assert all((capability.reason.en, capability.reason.zh))
                assert all((capability.manual_step.en, capability.manual_step.zh))

    def test_a_verb_the_platform_lacks_is_refused_before_it_is_queued(self) -> None:
        lacking = [verb for verb, capability in self.adapter.capabilities.items() if not capability.supported]
        space = self.made_space()
        for verb in lacking:
            with pytest.raises(Unsupported) as caught:
                request(Act(verb, space.id), actor="staff:1", reason="because")
            assert caught.value.manual_step.zh
        assert not Effect.objects.exists()

    def test_performing_a_repeatable_verb_twice_is_as_good_as_once(self) -> None:
        refs = Refs(self.space, "m1", "s1")
        for verb, capability in self.adapter.capabilities.items():
            if capability.supported and verb not in SAYING and self.adapter.mode(verb) is Mode.REPEATABLE:
                act = Act(verb, "space", message_id="m", account_id="a")
                self.adapter.perform(act, refs)
                self.adapter.perform(act, refs)

    def test_words_over_the_limit_are_refused_before_they_are_queued(self) -> None:
        if not self.adapter.capabilities[Verb.SEND].supported:
            pytest.skip("this platform sends nothing")
        space = self.made_space()
        with pytest.raises(BadInput):
            request(
                Act(Verb.SEND, space.id, text="x" * (self.adapter.limits.text + 1)),
                actor="staff:1",
                reason="because",
            )
        assert not Effect.objects.exists()

    def test_redelivery_changes_nothing_and_another_body_is_a_conflict(self) -> None:
        space, account = self.made_space(), self.made_account()
        first = self.stored(self.adapter.parse(self.message("hello")), space, account)
        again = self.row(self.adapter.parse(self.message("hello")), space, account)
        other = self.row(self.adapter.parse(self.message("hello")), space, account, text="another body")
        result = self.recorded([again, other])
        assert result.new == ()
        assert result.duplicates == {again.id: first}
        assert result.conflicts == {other.id: first}
        assert Message.objects.count() == 1
        assert SpaceMember.objects.get().message_count == 1
        assert not Quarantine.objects.exists()

    def test_an_edit_keeps_what_was_said_before(self) -> None:
        if self.edit is None:
            pytest.skip("this platform has no edits")
        space, account = self.made_space(), self.made_account()
        stored = self.stored(self.adapter.parse(self.message("hello", message_id="m1")), space, account)
        inbound = self.adapter.parse(self.edit("good bye", message_id="m1", sender="s1"))
        assert inbound.kind is Kind.EDIT
        assert inbound.edited_at is not None
        with _atomic():
            edited = record_edits([EditedMessage.of(inbound, space_id=space.id, account_id=account)])
        assert edited.changed == {0: (stored, 2)}
        message = Message.objects.get()
        assert message.text == "good bye"
        assert list(message.versions.values_list("text", flat=True)) == ["hello"]

    def test_people_come_and_go(self) -> None:
        if self.join is None or self.leave is None:
            pytest.skip("this platform tells nothing of joins")
        came, went = self.adapter.parse(self.join(sender="s1")), self.adapter.parse(self.leave(sender="s1"))
        assert (came.kind, went.kind) == (Kind.JOIN, Kind.LEAVE)
        assert [change.account.external_id for change in came.members] == [came.sender.external_id]
        assert came.sender.external_id == went.sender.external_id

    def made_space(self) -> Space:
        return Space.objects.create(
            platform=self.adapter.platform, external_id=self.space, slug=self.space, name="Contract"
        )

    def made_account(self) -> str:
        from guildhall.people.models import Account, Member

        member = Member.objects.create()
        return str(Account.objects.create(member=member, platform=self.adapter.platform, external_id="s1").pk)

    def row(self, inbound: Inbound, space: Space, account: str, **changes: Any) -> NewMessage:
        from dataclasses import replace

        row = NewMessage.of(
            inbound, id=new_id(), space_id=space.id, account_id=account, received_at=clock.now()
        )
        return replace(row, **changes)

    def recorded(self, rows: list[NewMessage]) -> Any:
        with _atomic():
            return record_messages(rows)

    def stored(self, inbound: Inbound, space: Space, account: str) -> str:
        (new,) = self.recorded([self.row(inbound, space, account)]).new
        return str(new)


def registered(adapter: Adapter) -> Adapter:
    """Register an adapter for the tests that queue acts."""
    registry.register(adapter)
    return adapter


def _atomic() -> Any:
    from django.db import transaction

    return transaction.atomic()


AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
