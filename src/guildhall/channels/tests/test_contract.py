"""Web chat and replay keep the contract of adapters."""

from __future__ import annotations

from typing import Any

import orjson

from guildhall.channels.replay import ReplayAdapter
from guildhall.channels.testing.contract import AT, AdapterContract
from guildhall.channels.webchat import (
    WebchatAdapter,
    delete_body,
    edit_body,
    join_body,
    leave_body,
    message_body,
)


class TestWebchat(AdapterContract):
    adapter = WebchatAdapter()

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        body = message_body(
            space=self.space, visitor=sender, name="Ann", message_id=message_id, text=text, sent_at=AT
        )
        return orjson.dumps({**orjson.loads(body), **more})

    def edit(self, text: str, *, message_id: str, sender: str) -> bytes:
        return edit_body(
            space=self.space, visitor=sender, name="Ann", message_id=message_id, text=text, sent_at=AT
        )

    def join(self, *, sender: str) -> bytes:
        return join_body(space=self.space, visitor=sender, name="Ann", sent_at=AT)

    def leave(self, *, sender: str) -> bytes:
        return leave_body(space=self.space, visitor=sender, name="Ann", sent_at=AT)

    def test_a_deletion_names_the_message(self) -> None:
        body = delete_body(space=self.space, visitor="s1", name="Ann", message_id="m1", sent_at=AT)
        assert self.adapter.parse(body).message_id == "m1"


class TestReplay(AdapterContract):
    adapter = ReplayAdapter()

    def message(self, text: str, *, message_id: str = "m1", sender: str = "s1", **more: Any) -> bytes:
        line = orjson.dumps({"text": text, "sender": sender, **more}).decode("latin-1")
        return orjson.dumps(
            {"space": self.space, "id": message_id, "number": 1, "at": AT.isoformat(), "line": line}
        )

    def test_a_bad_line_is_named_by_its_number(self) -> None:
        import pytest

        from guildhall.core.errors import BadInput

        body = orjson.dumps(
            {"space": "x", "id": "1", "number": 7, "at": AT.isoformat(), "line": '{"label": 1}'}
        )
        with pytest.raises(BadInput) as caught:
            self.adapter.parse(body)
        assert caught.value.row == 7
        assert "line 7" in caught.value.text.en
        assert "第 7 行" in caught.value.text.zh
