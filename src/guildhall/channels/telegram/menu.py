"""The commands people are shown when they type a slash. What they do stands in intake's commands; a test
there holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.core.text import Text


@dataclass(frozen=True, slots=True)
class Command:
    """A command as people see it. `for_staff`: shown to administrators of a group only."""

    name: str
    what: Text
    for_staff: bool = False


COMMANDS = (
    Command("help", Text("What I can do", "查看我能做什么")),
    Command("rules", Text("The rules here", "查看群规")),
    Command("report", Text("Answer a message with it to report it", "回复某条消息即可举报")),
    Command("appeal", Text("A message of yours was removed by mistake", "消息被误删时申诉")),
    Command("why", Text("Why a message was removed", "查看消息被移除的原因")),
    Command("language", Text("The language I speak with you", "设置我与您交流的语言")),
    Command("warn", Text("Warn a member", "警告成员"), for_staff=True),
    Command(
        "mute", Text("Silence a member, for example /mute 2h", "禁言成员，例如 /mute 2h"), for_staff=True
    ),
    Command("unmute", Text("Let them speak again", "解除禁言"), for_staff=True),
    Command("ban", Text("Ban a member, for example /ban 7d", "封禁成员，例如 /ban 7d"), for_staff=True),
    Command("unban", Text("Lift a ban", "解除封禁"), for_staff=True),
    Command("undo", Text("Take the last measure back", "撤销上一次处置"), for_staff=True),
    Command("raid", Text("Make newcomers read-only in a raid", "遭遇突袭时将新成员设为只读"), for_staff=True),
    Command("unraid", Text("End the raid", "结束突袭防护"), for_staff=True),
)
