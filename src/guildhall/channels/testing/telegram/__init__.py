"""A fake Telegram Bot API, ours, on loopback: chats, members, messages and rights that remember, limits that
count, requests checked against the published schema, and misbehaviour on demand.

Used by tests, proofs and demonstrations; imports nothing that only tests have. Start with
`with FakeTelegram() as tg:` or `python -m guildhall.channels.testing.telegram`.
"""

from guildhall.channels.testing.telegram.control import BotName, Control
from guildhall.channels.testing.telegram.server import FakeTelegram
from guildhall.channels.testing.telegram.state import Bot

__all__ = ["Bot", "BotName", "Control", "FakeTelegram"]
