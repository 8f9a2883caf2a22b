"""What Telegram shows when somebody types a slash is what is understood here."""

from __future__ import annotations

from guildhall.channels.telegram.menu import COMMANDS
from guildhall.intake.commands.parsing import MODERATORS, OF_THE_SPACE, Name


def test_the_menu_shows_every_command_and_moderators_theirs() -> None:
    assert {one.name for one in COMMANDS} == {name.value for name in Name} - {"start"}
    assert {one.name for one in COMMANDS if one.for_staff} == {
        name.value for name in MODERATORS | OF_THE_SPACE
    }
