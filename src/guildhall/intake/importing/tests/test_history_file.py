"""Chat history is cut into messages in bounded memory, whatever the file holds, and each is read as it was."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.port import EntityKind, LinkKind, MediaKind
from guildhall.core.errors import BadInput
from guildhall.intake.importing import splitting, telegram_history
from guildhall.intake.importing.splitting import Array, Piece


def export(*messages: object, **head: object) -> bytes:
    said = {
        "name": "Lounge",
        "type": "public_supergroup",
        "id": 1234567890,
        **head,
        "messages": list(messages),
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode()


def pieces(data: bytes) -> list[Array | Piece]:
    return list(splitting.arrays(io.BytesIO(data)))


def message(**said: object) -> bytes:
    return json.dumps({"id": 7, "type": "message", "date_unixtime": "1640995200", "from": "Ann", "from_id": "user42", "text": "hi", **said}).encode()  # fmt: skip


def test_a_single_chat_and_a_whole_account_are_cut_alike() -> None:
    array, *rest = pieces(export({"id": 1}, {"id": 2, "text": 'a "quoted" ]} bracket'}))
    assert isinstance(array, Array)
    chat = telegram_history.chat_of(array.head)
    assert (chat.name, chat.external_id, chat.has_global_ids) == ("Lounge", "-1001234567890", True)
    assert [json.loads(piece.raw)["id"] for piece in rest if isinstance(piece, Piece) and piece.raw] == [1, 2]
    one, two = (
        json.loads(export({"id": 1})),
        json.loads(export({"id": 2}, {"id": 3}, type="private_group", id=55)),
    )
    account = {
        "about": "…",
        "personal_information": {"user_id": 1},
        "chats": {"about": "…", "list": [one, two]},
    }
    found = pieces(json.dumps(account).encode())
    heads = [telegram_history.chat_of(one.head) for one in found if isinstance(one, Array)]
    assert [(head.external_id, head.has_global_ids) for head in heads] == [
        ("-1001234567890", True),
        ("-55", False),
    ]
    assert len(found) == 5


def test_reading_goes_on_from_any_message() -> None:
    data = export(*({"id": n, "text": "x" * n} for n in range(50)))
    array, *rest = pieces(data)
    assert isinstance(array, Array)
    ends = [array.start, *(piece.end for piece in rest if isinstance(piece, Piece))]
    for place, end in enumerate(ends):
        again = [json.loads(piece.raw or b"")["id"] for piece in splitting.elements(io.BytesIO(data), end)]
        assert again == list(range(place, 50))


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=30) | st.integers() | st.lists(st.text(max_size=5), max_size=3), max_size=4), max_size=12), st.integers(1, 9))  # fmt: skip
def test_any_messages_come_out_as_they_went_in(messages: list[dict[str, object]], size: int) -> None:
    pytest.MonkeyPatch().setattr(splitting, "_CHUNK", size * 7)
    try:
        data = json.dumps({"messages": messages}, ensure_ascii=size % 2 == 0).encode("utf-8", "surrogatepass")
        found = [json.loads(piece.raw) for piece in pieces(data) if isinstance(piece, Piece) and piece.raw]
        assert found == messages
    finally:
        splitting._CHUNK = 256 * 1024


class _Endless(io.RawIOBase):
    """A file that repeats a piece for so many bytes, so that no test needs a gigabyte of memory."""

    def __init__(self, head: bytes, piece: bytes, total: int, tail: bytes) -> None:
        self._parts, self._piece, self._left, self._tail = [head], piece, total, tail
        self.largest = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def read(self, size: int = -1) -> bytes:
        if self._parts:
            return self._parts.pop(0)
        if self._left > 0:
            self._left -= size
            return (self._piece * (size // len(self._piece) + 1))[:size]
        tail, self._tail = self._tail, b""
        return tail


def test_a_line_of_a_gigabyte_is_passed_over_without_being_kept() -> None:
    file = _Endless(b'{"messages": [{"id": 1, "text": "', b"a" * 65_536, 1 << 30, b'"}, {"id": 2}]}')
    tokens = list(splitting.arrays(file))  # type: ignore[arg-type]
    assert [piece.raw for piece in tokens if isinstance(piece, Piece)] == [None, b'{"id": 2}']


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(splitting.NotAnExport):
        list(splitting.arrays(_Endless(b"[", b"[" * 65_536, 1 << 30, b"")))  # type: ignore[arg-type]
    deep = b'{"messages": [' + b'{"a":' * 300_000 + b"1" + b"}" * 300_000 + b', {"id": 2}]}'
    found = [piece.raw for piece in pieces(deep) if isinstance(piece, Piece)]
    assert found == [None, b'{"id": 2}']


@given(st.binary(max_size=300))
def test_no_bytes_break_the_splitter_or_the_reader(data: bytes) -> None:
    try:
        found = pieces(b'{"messages": [' + data)
    except splitting.NotAnExport:
        return
    for piece in found:
        if isinstance(piece, Piece) and piece.raw:
            try:
                telegram_history.read(piece.raw)
            except BadInput:
                pass


def test_marked_text_links_and_people_keep_their_places_in_code_points() -> None:
    said = telegram_history.read(
        message(
            text=["🚀 看 ", {"type": "text_link", "text": "官网", "href": "https://okx.com/zh"}, " 和 ", {"type": "mention_name", "text": "Bob", "user_id": 99}, {"type": "bold", "text": "!"}],
            reply_to_message_id=5, edited_unixtime="1640995300", forwarded_from=None, via_bot="@gif",
        )
    )  # fmt: skip
    assert said.text == "🚀 看 官网 和 Bob!"
    assert [(one.kind, said.text[one.offset : one.offset + one.length]) for one in said.entities] == [
        (EntityKind.TEXT_LINK, "官网"), (EntityKind.TEXT_MENTION, "Bob"), (EntityKind.BOLD, "!"),
    ]  # fmt: skip
    assert said.entities[1].account == "99"
    assert [(link.url, link.kind, link.text) for link in said.links] == [
        ("https://okx.com/zh", LinkKind.TEXT_LINK, "官网")
    ]
    assert (said.reply_to, said.forwarded_from, said.via_bot) == (5, "?", "gif")
    assert said.edited_at == datetime(2022, 1, 1, 0, 1, 40, tzinfo=UTC)


def test_ids_of_people_groups_and_channels_are_written_as_a_bot_writes_them() -> None:
    ids = {"user42": "42", "channel77": "-10077", "chat5": "-5", 42: "42", "nobody": "", None: ""}
    for given_id, ours in ids.items():
        assert telegram_history.read(message(from_id=given_id)).sender == ours


def test_control_characters_as_the_exporter_writes_them_are_mended() -> None:
    raw = message(text="SPOT").replace(b"SPOT", b"a\\x1Bb \\\\x41")
    assert telegram_history.read(raw).text == "a\x1bb \\x41"


def test_media_is_described_and_comings_and_goings_are_told_apart() -> None:
    photo = telegram_history.read(message(photo="(File not included. …)", width=10, height=20)).media[0]
    assert (photo.kind, photo.width, photo.height, photo.name) == (MediaKind.PHOTO, 10, 20, "")
    file = telegram_history.read(message(file="files/报告.pdf", mime_type="application/pdf")).media[0]
    assert (file.kind, file.name) == (MediaKind.DOCUMENT, "报告.pdf")

    def service(**said: object) -> str:
        return telegram_history.read(message(type="service", actor="Ann", actor_id="user42", **said)).what

    assert service(action="join_group_by_link") == "join"
    assert service(action="invite_members", members=["Ann"]) == "join"
    assert service(action="invite_members", members=["Bob"]) == "other"
    assert service(action="remove_members", members=["Ann"]) == "leave"
    assert service(action="topic_created", title="Fees") == "topic"


@pytest.mark.parametrize(
    "said",
    [{"id": None}, {"id": True}, {"type": "unsupported"}, {"type": 5}, {"date_unixtime": "soon"}, {"date_unixtime": "-5"}, {"date_unixtime": "9" * 30}],
)  # fmt: skip
def test_what_cannot_be_read_says_which_field(said: dict[str, object]) -> None:
    with pytest.raises(BadInput) as refused:
        telegram_history.read(message(**said))
    assert refused.value.field in ("id", "type", "date")
    assert refused.value.text.zh
