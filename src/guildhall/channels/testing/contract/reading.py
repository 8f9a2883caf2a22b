"""What an adapter makes of bytes: everything that was said, or bad input; never another error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

import orjson
import pytest

from guildhall.channels.models import EXTERNAL_ID_LENGTH
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.testing.contract.samples import AT, HARD_TEXTS, NOISE, Samples
from guildhall.core.errors import BadInput

ODD: tuple[Any, ...] = (None, True, 0, -1, 1.5, 2**70, "", "\ud83d", "x" * 400, [], {}, [None], {"id": None})
"""Values that stand where a platform's documents promise something else."""


class Reading(Samples):
    """Bytes in, `Inbound` out."""

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

    def test_a_link_in_the_text_is_found(self) -> None:
        inbound = self.adapter.parse(self.message("look at https://example.org/fees?x=1 now"))
        assert [link.url for link in inbound.links] == ["https://example.org/fees?x=1"]

    def test_fields_nobody_knows_are_kept_in_raw(self) -> None:
        inbound = self.adapter.parse(self.message("hello", a_field_of_next_year={"deep": [1, 2]}))
        assert b"a_field_of_next_year" in orjson.dumps(inbound.raw)

    def test_the_same_bytes_are_always_read_the_same(self) -> None:
        body = self.message("hello")
        assert self.adapter.parse(body) == self.adapter.parse(body)

    def test_ids_are_text_that_can_be_stored(self) -> None:
        inbound = self.adapter.parse(self.message("hello"))
        for name in (inbound.message_id, inbound.sender.external_id, inbound.space.external_id):
            assert isinstance(name, str)
            assert 0 < len(name) <= EXTERNAL_ID_LENGTH
            assert name.isprintable()

    def test_it_happened_when_the_platform_says(self) -> None:
        inbound = self.adapter.parse(self.message("hello"))
        assert inbound.sent_at == AT
        assert inbound.sent_at.utcoffset() == AT.utcoffset()
        assert inbound.sent_at.tzinfo is UTC or inbound.sent_at.tzname() == "UTC"

    def test_people_messages_and_the_space_are_told_apart(self) -> None:
        first = self.adapter.parse(self.message("hello", message_id="m1", sender="s1"))
        other = self.adapter.parse(self.message("hello", message_id="m2", sender="s2"))
        assert first.message_id != other.message_id
        assert first.sender.external_id != other.sender.external_id
        again = self.adapter.parse(self.message("hello", message_id="m2", sender="s1"))
        assert again.sender.external_id == first.sender.external_id
        assert again.space.external_id == first.space.external_id

    def test_a_plain_message_is_nothing_else_besides(self) -> None:
        inbound = self.adapter.parse(self.message("hello"))
        assert inbound.callback is None
        assert inbound.poll is None
        assert inbound.members == ()
        assert inbound.media == ()
        assert not inbound.is_automatic
        assert inbound.forwarded_from is None
        assert inbound.edited_at is None

    @pytest.mark.parametrize("noise", NOISE)
    def test_noise_is_bad_input_and_never_another_error(self, noise: bytes) -> None:
        with pytest.raises(BadInput) as caught:
            self.adapter.parse(noise)
        assert caught.value.text.en
        assert caught.value.text.zh

    def test_a_message_cut_anywhere_is_bad_input_or_a_message(self) -> None:
        whole = self.message("hello https://example.org")
        for end in range(len(whole)):
            self.read(whole[:end])

    def test_a_field_that_is_missing_never_ends_the_reading(self) -> None:
        for body in self.bodies():
            for without in _without(orjson.loads(body)):
                self.read(orjson.dumps(without))

    def test_a_field_of_another_kind_never_ends_the_reading(self) -> None:
        for body in self.bodies():
            for changed in _changed(orjson.loads(body)):
                self.read(_dumped(changed))

    def test_bytes_changed_at_random_never_end_the_reading(self) -> None:
        import random

        dice = random.Random(7)
        whole = bytearray(self.message("hello https://example.org 你好"))
        for _ in range(300):
            broken = bytearray(whole)
            for _ in range(dice.randint(1, 4)):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
            self.read(bytes(broken))

    def test_an_event_of_the_future_is_put_aside_or_needs_nothing(self) -> None:
        if self.unknown is None:
            pytest.skip("this platform has one kind of event")
        inbound = self.read(self.unknown())
        assert inbound is None or inbound.kind is Kind.OTHER

    def test_an_edit_names_the_message_it_changes_and_when(self) -> None:
        if self.edit is None:
            pytest.skip("this platform has no edits")
        first = self.adapter.parse(self.message("hello", message_id="m1", sender="s1"))
        edit = self.adapter.parse(self.edit("good bye", message_id="m1", sender="s1"))
        assert edit.kind is Kind.EDIT
        assert (edit.message_id, edit.text) == (first.message_id, "good bye")
        assert edit.sender.external_id == first.sender.external_id
        assert edit.edited_at is not None
        assert edit.edited_at.tzinfo is not None

    def test_people_come_and_go(self) -> None:
        if self.join is None or self.leave is None:
            pytest.skip("this platform tells nothing of joins")
        came, went = self.adapter.parse(self.join(sender="s1")), self.adapter.parse(self.leave(sender="s1"))
        assert (came.kind, went.kind) == (Kind.JOIN, Kind.LEAVE)
        assert [change.account.external_id for change in came.members] == [came.sender.external_id]
        assert came.sender.external_id == went.sender.external_id
        assert came.space.external_id == went.space.external_id

    def test_an_answer_names_what_it_answers(self) -> None:
        if self.reply is None:
            pytest.skip("this platform has no answers")
        asked = self.adapter.parse(self.message("how are fees counted?", message_id="m1"))
        answer = self.adapter.parse(self.reply("like this", message_id="m2", to="m1", sender="s2"))
        assert answer.reply_to == asked.message_id

    def test_a_deletion_names_the_message_that_is_gone(self) -> None:
        if self.deletion is None:
            pytest.skip("this platform tells nothing of deletions")
        said = self.adapter.parse(self.message("hello", message_id="m1"))
        gone = self.adapter.parse(self.deletion(message_id="m1"))
        assert (gone.kind, gone.message_id) == (Kind.DELETE, said.message_id)

    def test_a_picture_is_described_and_not_fetched(self) -> None:
        if self.attachment is None:
            pytest.skip("this platform has no attachments")
        inbound = self.adapter.parse(self.attachment("look", message_id="m1", sender="s1"))
        assert inbound.kind is Kind.MESSAGE
        assert len(inbound.media) == 1
        assert inbound.media[0].kind.value in ("photo", "document", "other")

    def read(self, body: bytes) -> Inbound | None:
        """What becomes of bytes that may be broken: something, or None for bad input."""
        try:
            return self.adapter.parse(body)
        except BadInput as bad:
            _said_why(bad)
        return None

    def bodies(self) -> Iterator[bytes]:
        """Every sample that is JSON."""
        made = [self.message("hello https://example.org")]
        if self.edit is not None:
            made.append(self.edit("good bye", message_id="m1", sender="s1"))
        if self.join is not None:
            made.append(self.join(sender="s1"))
        if self.reply is not None:
            made.append(self.reply("like this", message_id="m2", to="m1", sender="s2"))
        if self.deletion is not None:
            made.append(self.deletion(message_id="m1"))
        if self.attachment is not None:
            made.append(self.attachment("look", message_id="m1", sender="s1"))
        for body in made:
            if body[:1] == b"{":
                yield body


def _said_why(bad: BadInput) -> None:
    assert bad.text.en
    assert bad.text.zh


def _without(value: Any) -> Iterator[Any]:
    """A JSON value with each single key taken out, at every depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: kept for name, kept in value.items() if name != key}
            for smaller in _without(inner):
                yield value | {key: smaller}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for smaller in _without(inner):
                yield [*value[:at], smaller, *value[at + 1 :]]


def _changed(value: Any) -> Iterator[Any]:
    """A JSON value with each single place holding something odd, at every depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            for odd in ODD:
                yield value | {key: odd}
            for changed in _changed(inner):
                yield value | {key: changed}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for changed in _changed(inner):
                yield [*value[:at], changed, *value[at + 1 :]]


def _dumped(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()
