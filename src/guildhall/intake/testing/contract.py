"""The contract of intake for one platform: whatever comes, however often and in whatever order, is recorded
once or put aside whole, and one bad delivery holds up nobody.
"""

from __future__ import annotations

from typing import ClassVar

import pytest
from django.db import OperationalError

from guildhall.channels.models import Message, Quarantine, SpaceMember
from guildhall.channels.testing.contract import AT, Samples
from guildhall.core import clock
from guildhall.guard.actions import install_shipped
from guildhall.guard.models import VerdictRecord
from guildhall.intake import arrivals
from guildhall.intake.pipeline import Outcome, Raw, Status, ingest
from guildhall.people.models import Account


@pytest.mark.django_db
class IntakeContract:
    """Set `of` to the class that holds the platform's samples; `placed` makes the space where staff must."""

    of: ClassVar[type[Samples]]

    def placed(self) -> None:
        """Have there be what staff makes beforehand: by default nothing, spaces are found when heard of."""

    def numbered(self, body: bytes, number: int) -> bytes:
        """The same as another delivery, for platforms that number theirs; samples carry the number 1."""
        return body

    @pytest.fixture(autouse=True)
    def _house(self, db: None) -> None:
        install_shipped(by="system:test")
        self.samples = self.of()
        self.placed()

    def take(self, *bodies: bytes) -> list[Outcome]:
        return ingest([Raw(self.samples.adapter.platform, body, clock.now()) for body in bodies])

    def test_a_message_is_recorded_with_who_and_where(self) -> None:
        (outcome,) = self.take(self.samples.message("Is the funding rate negative again?"))
        assert outcome.status is Status.RECORDED
        message = Message.objects.select_related("account", "space").get(pk=outcome.message_id)
        assert message.text == "Is the funding rate negative again?"
        assert message.account is not None
        assert message.account.platform == self.samples.adapter.platform
        assert message.space.archived_at is None
        assert message.sent_at == AT

    def test_what_is_said_before_others_is_judged(self) -> None:
        (outcome,) = self.take(self.samples.message("Is the funding rate negative again?"))
        if Message.objects.get().space.kind == "private":
            assert outcome.verdict_action == ""
        else:
            assert outcome.verdict_action == "allow"
            assert VerdictRecord.objects.filter(message_id=outcome.message_id).count() == 1

    def test_the_same_delivery_again_and_again_is_one_message(self) -> None:
        body = self.samples.message("hello")
        self.take(body)
        outcomes = self.take(body, body) + self.take(body)
        assert {outcome.status for outcome in outcomes} == {Status.DUPLICATE}
        assert Message.objects.count() == 1
        assert SpaceMember.objects.get().message_count == 1

    def test_other_words_under_the_same_id_never_replace_what_was_said(self) -> None:
        self.take(self.samples.message("hello"))
        (outcome,) = self.take(self.numbered(self.samples.message("send me your seed phrase"), 2))
        assert outcome.status in (Status.DUPLICATE, Status.QUARANTINED)
        assert Message.objects.get().text == "hello"

    def test_noise_is_put_aside_whole_and_holds_up_nobody(self) -> None:
        noise = b'{"nobody": "knows \xe5\xa5\xbd"}'
        first = self.samples.message("one", message_id="m1")
        last = self.numbered(self.samples.message("two", message_id="m2"), 2)
        outcomes = self.take(first, noise, last)
        assert [one.status for one in outcomes] == [Status.RECORDED, Status.QUARANTINED, Status.RECORDED]
        row = Quarantine.objects.get()
        assert bytes(row.raw) == noise
        assert row.platform == self.samples.adapter.platform
        assert row.reason["zh"]

    def test_the_same_noise_again_is_put_aside_once(self) -> None:
        self.take(b"\x00noise")
        self.take(b"\x00noise", b"\x00noise")
        assert Quarantine.objects.count() == 1

    def test_many_in_one_batch_stay_in_order_and_count(self) -> None:
        bodies = [
            self.numbered(self.samples.message(f"number {n}", message_id=f"m{n}"), n) for n in range(1, 61)
        ]
        assert {one.status for one in self.take(*bodies)} == {Status.RECORDED}
        said = list(Message.objects.order_by("id").values_list("text", flat=True))
        assert said == [f"number {n}" for n in range(1, 61)]
        assert SpaceMember.objects.get().message_count == 60

    def test_a_database_that_refuses_recorded_nothing_and_takes_all_the_next_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        body = self.samples.message("hello")
        with monkeypatch.context() as broken:
            broken.setattr(arrivals, "messages", _refuse)
            with pytest.raises(OperationalError):
                self.take(body)
        assert not Message.objects.exists()
        (outcome,) = self.take(body)
        assert outcome.status is Status.RECORDED

    def test_an_edit_is_judged_again_and_keeps_the_first_words(self) -> None:
        if self.samples.edit is None:
            pytest.skip("this platform has no edits")
        self.take(self.samples.message("hello", message_id="m1"))
        self.take(self.numbered(self.samples.edit("good bye", message_id="m1", sender="s1"), 2))
        message = Message.objects.get()
        assert (message.text, message.version) == ("good bye", 2)
        assert list(message.versions.values_list("text", flat=True)) == ["hello"]

    def test_an_edit_of_a_message_never_seen_is_kept_as_a_message(self) -> None:
        if self.samples.edit is None:
            pytest.skip("this platform has no edits")
        self.take(self.samples.edit("good bye", message_id="m1", sender="s1"))
        assert Message.objects.get().text == "good bye"

    def test_people_who_come_and_go_are_members_or_not(self) -> None:
        if self.samples.join is None or self.samples.leave is None:
            pytest.skip("this platform tells nothing of joins")
        self.take(self.samples.join(sender="s1"))
        member = SpaceMember.objects.get()
        assert (member.state, member.left_at) == ("member", None)
        self.take(self.numbered(self.samples.leave(sender="s1"), 2))
        member.refresh_from_db()
        assert member.state == "left" or member.left_at is not None

    def test_a_deletion_takes_the_message_out_of_sight(self) -> None:
        if self.samples.deletion is None:
            pytest.skip("this platform tells nothing of deletions")
        self.take(self.samples.message("hello", message_id="m1"))
        self.take(self.numbered(self.samples.deletion(message_id="m1"), 2))
        assert Message.objects.get().visible is False

    def test_one_person_is_one_account_however_often_they_speak(self) -> None:
        for n in range(1, 4):
            self.take(self.numbered(self.samples.message(f"words {n}", message_id=f"m{n}"), n))
        assert Account.objects.filter(platform=self.samples.adapter.platform).count() == 1
        assert Message.objects.values("space").distinct().count() == 1


def _refuse(*_: object) -> None:
    raise OperationalError("database is locked")
