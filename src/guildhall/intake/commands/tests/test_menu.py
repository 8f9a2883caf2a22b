"""What Telegram and Discord show when somebody types a slash is what is understood here."""

from __future__ import annotations

from guildhall.channels.discord.menu import ENTRIES, SLASH
from guildhall.channels.telegram.menu import COMMANDS
from guildhall.intake.commands.parsing import FOR_THE_DESK, MODERATORS, OF_THE_SPACE, Name, parse


def test_the_menu_shows_every_command_and_moderators_theirs() -> None:
    assert {one.name for one in COMMANDS} == {name.value for name in set(Name) - FOR_THE_DESK} - {"start"}
    assert {one.name for one in COMMANDS if one.for_staff} == {
        name.value for name in MODERATORS | OF_THE_SPACE
    }


def test_discord_shows_the_same_commands_to_the_same_people() -> None:
    shown = {one.name: one.for_staff for one in COMMANDS}
    for entry in ENTRIES:
        assert entry.word in {name.value for name in Name}
        if entry.kind == SLASH:
            assert entry.for_staff == shown[entry.word]
    slashes = {entry.word for entry in ENTRIES if entry.kind == SLASH}
    assert set(shown) - slashes == {"report"}, "a report names a message, so it is in the message's menu"


def test_what_discord_calls_a_command_in_chinese_is_understood_when_typed() -> None:
    for entry in ENTRIES:
        if entry.kind == SLASH:
            command = parse(f"/{entry.name.zh}")
            assert command is not None
            assert command.name.value == entry.word
