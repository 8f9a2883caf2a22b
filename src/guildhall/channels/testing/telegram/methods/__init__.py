"""What a bot may call, by theme. Each method takes the world, the bot and the decoded parameters, and
answers what Telegram's `result` holds, or raises Refused."""

from importlib import import_module

from guildhall.channels.testing.telegram.methods.registry import METHODS, Played

THEMES = ("sending", "editing", "members", "chats", "invites", "topics", "polls", "files", "itself")
for theme in THEMES:
    import_module(f"{__name__}.{theme}")

__all__ = ["METHODS", "Played"]
