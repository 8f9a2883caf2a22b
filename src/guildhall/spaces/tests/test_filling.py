"""Which groups newcomers are led to: in order, only where there is room, never more than a code takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guildhall.spaces.filling import MOST_GROUPS, Room, after, behind_a_code, open_rooms

ROOMS = st.lists(
    st.builds(
        Room,
        st.uuids().map(str),
        st.uuids().map(str),
        st.none() | st.integers(0, 20),
        st.integers(1, 10),
        st.booleans(),
        st.integers(0, 5),
    ),
    max_size=12,
    unique_by=lambda room: room.space_id,
)


def room(name: str, heads: int | None = 0, *, takes: bool = True, position: int = 0) -> Room:
    return Room(name, f"chat-{name}", heads, 10, takes, position)


@given(ROOMS)
def test_a_code_names_only_groups_with_room_and_at_most_five(rooms: list[Room]) -> None:
    named = behind_a_code(rooms)
    by_chat = {one.chat_id: one for one in rooms}
    assert len(named) <= MOST_GROUPS
    assert all(by_chat[chat].takes and not by_chat[chat].is_full for chat in named)
    assert bool(named) == bool(open_rooms(rooms))


@given(ROOMS)
def test_the_group_to_go_on_with_is_another_one_with_room(rooms: list[Room]) -> None:
    for one in rooms:
        following = after(rooms, one.space_id)
        if following is not None:
            assert following.space_id != one.space_id
            assert not following.is_full


def test_a_group_nobody_counted_has_room() -> None:
    assert behind_a_code([room("a", None), room("b", 10), room("c", takes=False)]) == ("chat-a",)


def test_after_the_last_group_comes_the_first_with_room() -> None:
    line = [room("a", 3, position=0), room("b", 10, position=1), room("c", 10, position=2)]
    found = after(line, "c")
    assert found is not None
    assert found.space_id == "a"
    assert after([room("a", 10)], "a") is None
