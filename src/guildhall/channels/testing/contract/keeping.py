"""How what an adapter read is kept: once, in order, with what was said before, never for somebody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from guildhall.channels.actions import NewMessage, record_edits, record_messages
from guildhall.channels.models import Message, Quarantine, Space, SpaceMember
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.records import EditedMessage
from guildhall.channels.testing.contract.samples import Samples
from guildhall.core import clock
from guildhall.core.ids import new_id


class Keeping(Samples):
    """From `Inbound` to rows."""

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

    def test_a_batch_keeps_its_order(self) -> None:
        space, account = self.made_space(), self.made_account()
        rows = [
            self.row(self.adapter.parse(self.message(f"number {n}", message_id=f"m{n}")), space, account)
            for n in range(1, 40)
        ]
        assert self.recorded(rows).new == tuple(row.id for row in rows)
        kept = Message.objects.order_by("id").values_list("text", flat=True)
        assert list(kept) == [f"number {n}" for n in range(1, 40)]
        assert SpaceMember.objects.get().message_count == 39

    def test_the_same_message_twice_in_one_batch_is_one(self) -> None:
        space, account = self.made_space(), self.made_account()
        rows = [self.row(self.adapter.parse(self.message("hello")), space, account) for _ in range(2)]
        result = self.recorded(rows)
        assert len(result.new) == 1
        assert len(result.duplicates) == 1
        assert Message.objects.count() == 1

    def test_hard_words_come_back_from_the_database_as_they_were(self) -> None:
        from guildhall.channels.testing.contract.samples import HARD_TEXTS

        space, account = self.made_space(), self.made_account()
        for number, text in enumerate(HARD_TEXTS.values(), 1):
            inbound = self.adapter.parse(self.message(text, message_id=f"m{number}"))
            kept = Message.objects.get(pk=self.stored(inbound, space, account))
            assert kept.text == text.replace("\x00", "\ufffd")
            assert kept.sent_at == inbound.sent_at

    def test_an_edit_keeps_what_was_said_before(self) -> None:
        stored, space, account = self.said()
        inbound = self.edited("good bye")
        assert inbound.kind is Kind.EDIT
        assert inbound.edited_at is not None
        assert self.keep_edit(inbound, space, account).changed == {0: (stored, 2)}
        message = Message.objects.get()
        assert message.text == "good bye"
        assert list(message.versions.values_list("text", flat=True)) == ["hello"]

    def test_the_same_edit_again_changes_nothing(self) -> None:
        stored, space, account = self.said()
        inbound = self.edited("good bye")
        self.keep_edit(inbound, space, account)
        assert self.keep_edit(inbound, space, account).unchanged == {0: stored}
        assert Message.objects.get().version == 2

    def test_an_older_edit_that_comes_late_changes_nothing(self) -> None:
        _, space, account = self.said()
        inbound = self.edited("good bye")
        assert inbound.edited_at is not None
        late = replace(inbound, text="in between", edited_at=inbound.edited_at - timedelta(seconds=2))
        self.keep_edit(inbound, space, account)
        assert not self.keep_edit(late, space, account).changed
        assert Message.objects.get().text == "good bye"

    def test_nobody_edits_what_somebody_else_said(self) -> None:
        _, space, _ = self.said()
        other = self.made_account("s2")
        assert self.keep_edit(self.edited("good bye"), space, other).refused == (0,)
        assert Message.objects.get().text == "hello"

    def said(self) -> tuple[str, Space, str]:
        """A message that stands, its space and its author."""
        if self.edit is None:
            pytest.skip("this platform has no edits")
        space, account = self.made_space(), self.made_account()
        inbound = self.adapter.parse(self.message("hello", message_id="m1"))
        return self.stored(inbound, space, account), space, account

    def edited(self, text: str) -> Inbound:
        assert self.edit is not None
        return self.adapter.parse(self.edit(text, message_id="m1", sender="s1"))

    def keep_edit(self, inbound: Inbound, space: Space, account: str) -> Any:
        with transaction.atomic():
            return record_edits([EditedMessage.of(inbound, space_id=space.id, account_id=account)])

    def row(self, inbound: Inbound, space: Space, account: str, **changes: Any) -> NewMessage:
        row = NewMessage.of(
            inbound, id=new_id(), space_id=space.id, account_id=account, received_at=clock.now()
        )
        return replace(row, **changes)

    def recorded(self, rows: list[NewMessage]) -> Any:
        with transaction.atomic():
            return record_messages(rows)

    def stored(self, inbound: Inbound, space: Space, account: str) -> str:
        (new,) = self.recorded([self.row(inbound, space, account)]).new
        return str(new)
