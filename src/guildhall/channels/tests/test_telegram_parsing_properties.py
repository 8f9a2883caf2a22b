"""Whatever Telegram sends, an update is understood or put aside; spans agree with UTF-16 itself, and the main
fields with python-telegram-bot and the published description.
"""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.channels import testing
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.telegram.spans import Units
from guildhall.channels.telegram.updates import ALLOWED, parse
from guildhall.channels.tests.telegram_samples import SAMPLES, WRITTEN
from guildhall.channels.tests.telegram_updates import body_of, entity, heard, message
from guildhall.core.errors import BadInput

SCHEMA = Path(testing.__file__).parent / "telegram" / "schema.json"
TEXTS = st.text(st.sampled_from("ab 中。🚀👨\u200d\u0301\U0001f468\U00020000\ufeffz."), max_size=30)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def covered(text: str, offset: int, length: int) -> tuple[int, int] | None:
    """Reference: the code points that have a unit in [offset, offset + length), by counting them one by one."""
    unit, touched = 0, []
    for point, char in enumerate(text):
        width = 2 if ord(char) > 0xFFFF else 1
        if unit < offset + length and unit + width > offset:
            touched.append(point)
        unit += width
    return (touched[0], touched[-1] + 1) if touched and length > 0 else None


@given(TEXTS, st.integers(-5, 70), st.integers(-5, 70))
def test_a_span_covers_exactly_the_code_points_its_units_touch(text: str, offset: int, length: int) -> None:
    assert Units(text).span(offset, length) == covered(text, offset, length)


@given(TEXTS, st.data())
def test_a_span_of_whole_characters_comes_back_as_those_characters(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    units = [len(part.encode("utf-16-le")) // 2 for part in (text[:start], text[start:stop])]
    got = Units(text).span(units[0], units[1])
    assert got == ((start, stop) if stop > start else None)


@given(
    TEXTS,
    st.lists(
        st.tuples(
            st.sampled_from(["url", "text_link", "bold", "mention", "hologram"]),
            st.integers(-3, 40),
            st.integers(-3, 40),
        )
    ),
)
def test_links_and_marks_stay_inside_the_text_and_links_say_what_stands_there(
    text: str, marks: list[tuple[str, int, int]]
) -> None:
    got = heard(message(text, entities=[entity(*mark, url="http://x.top") for mark in marks]))
    assert all(0 <= one.offset < one.offset + one.length <= len(got.text) for one in got.entities)
    for link in got.links:
        assert link.start == -1 or got.text[link.start : link.end] == link.text
    assert len({(link.url, link.start, link.end) for link in got.links}) == len(got.links)


def places(of: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = of.items() if isinstance(of, dict) else enumerate(of) if isinstance(of, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def put(of: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(of)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def understood_or_put_aside(raw: bytes) -> None:
    got: Inbound | None = None
    with suppress(BadInput):
        got = parse(raw)
    if got is None:
        return
    assert got.sent_at.tzinfo is not None
    assert "\x00" not in got.text
    json.dumps([got.text, got.sender.display_name, got.space.title])


@settings(max_examples=400)
@given(st.sampled_from(sorted(SAMPLES)), st.data(), ANYTHING)
def test_an_update_with_anything_in_any_place_is_understood_or_put_aside(
    name: str, data: st.DataObject, value: Any
) -> None:
    path = data.draw(st.sampled_from(places(SAMPLES[name])))
    understood_or_put_aside(body_of(put(SAMPLES[name], path, value)))


@pytest.mark.parametrize("name", SAMPLES)
def test_an_update_with_any_field_missing_or_of_a_wrong_kind_is_understood_or_put_aside(name: str) -> None:
    for path in places(SAMPLES[name])[1:]:
        for value in (None, [], {}, "x\x00", 0, -1, True, 1.5, [None], [[]], [{}], {"id": 2**63}):
            understood_or_put_aside(body_of(put(SAMPLES[name], path, value)))


@settings(max_examples=300)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 10_000), st.binary(max_size=3))
def test_bytes_cut_or_overwritten_anywhere_are_understood_or_put_aside(
    name: str, at: int, new: bytes
) -> None:
    whole = body_of(SAMPLES[name])
    at %= len(whole)
    understood_or_put_aside(whole[:at])
    understood_or_put_aside(whole[:at] + new + whole[at + len(new) :])


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_put_aside_or_understood(raw: bytes) -> None:
    understood_or_put_aside(raw)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_update_is_read_the_same_way_twice(name: str) -> None:
    first, second = heard(SAMPLES[name]), heard(SAMPLES[name])
    assert first.space == second.space
    assert first.sender == second.sender
    assert (first.delivery_id, first.receiver) == (
        "900000002" if name == "edited" else "900000001",
        "7000000001",
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_the_main_fields_are_those_python_telegram_bot_reads(name: str) -> None:
    from telegram import Bot, Update

    theirs = Update.de_json(copy.deepcopy(SAMPLES[name]), Bot("1:x"))
    ours = heard(SAMPLES[name])
    assert ours.delivery_id == str(theirs.update_id)
    if name in WRITTEN:
        written = theirs.effective_message
        assert written is not None
        assert ours.message_id == str(written.message_id)
        assert ours.sent_at == written.date
        assert "rich_message" in written.api_kwargs or ours.text == (written.text or written.caption or "")
        assert ours.sender.external_id == str(
            written.sender_chat.id if written.sender_chat else written.from_user.id
        )
        assert ours.album_id == (written.media_group_id or "")
        marks = written.parse_entities() or written.parse_caption_entities()
        assert [
            ours.text[one.offset :][: one.length] for one in ours.entities if not written.api_kwargs
        ] == list(marks.values())
        quote = written.quote
        assert (ours.quote.text if ours.quote else "") == (quote.text if quote else "")
    if ours.space.external_id and theirs.effective_chat is not None:
        assert ours.space.external_id.split("/")[0] == str(theirs.effective_chat.id)
        assert ours.space.kind == theirs.effective_chat.type
    if theirs.effective_user is not None and ours.kind not in (Kind.MESSAGE, Kind.EDIT, Kind.OTHER):
        assert ours.sender.external_id == str(theirs.effective_user.id)


@cache
def described() -> dict[str, Any]:
    return dict(json.loads(SCHEMA.read_text())["types"])


def wrong(value: Any, kind: str, path: str) -> list[str]:
    """What of a value is not as the published description says."""
    if kind.startswith("Array of "):
        kind = f"{kind.removeprefix('Array of ')}[]"
    if kind.endswith("[]"):
        if not isinstance(value, list):
            return [f"{path}: no list"]
        return [error for at, one in enumerate(value) for error in wrong(one, kind[:-2], f"{path}[{at}]")]
    plain = {"I": int, "S": str, "B": bool, "F": float, "String": str}.get(kind)
    if plain is not None:
        return [] if type(value) is plain else [f"{path}: not {kind}"]
    fields = described()[kind]
    if isinstance(fields, list):
        tried = [wrong(value, one, path) for one in fields]
        return min(tried, key=len)
    if not isinstance(value, dict):
        return [f"{path}: not {kind}"]
    errors = [f"{path}.{name}: unknown" for name in value if name not in fields]
    for name, written in fields.items():
        types = written.lstrip("!").partition(" ")[0].split("|")
        if name in value:
            errors += min((wrong(value[name], one, f"{path}.{name}") for one in types), key=len)
        elif written.startswith("!"):
            errors.append(f"{path}.{name}: missing")
    return errors


def test_what_is_not_as_the_description_says_is_seen() -> None:
    sample = message("x", hologram=1, date="now", reply_to_message={"message_id": 1})
    del sample["message"]["message_id"]
    assert sorted(wrong(sample, "Update", "u")) == [
        "u.message.date: not I",
        "u.message.hologram: unknown",
        "u.message.message_id: missing",
        "u.message.reply_to_message.chat: missing",
        "u.message.reply_to_message.date: missing",
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_as_the_published_description_says(name: str) -> None:
    assert wrong(SAMPLES[name], "Update", "update") == []


def test_all_kinds_the_description_names_are_asked_for() -> None:
    assert set(described()["Update"]) - {"update_id"} == set(ALLOWED)
