"""A fake Discord, ours, on loopback: servers, channels, people and permissions that remember, a gateway with
sessions that can be resumed, limits that count, requests checked against Discord's own schema, and
misbehaviour on demand.

Used by tests, proofs and demonstrations; imports nothing that only tests have. Start with
`with FakeDiscord() as dc:` or `python -m guildhall.channels.testing.discord`.
"""

from guildhall.channels.testing.discord.control import BotName, Control
from guildhall.channels.testing.discord.server import FakeDiscord
from guildhall.channels.testing.discord.state import App

__all__ = ["App", "BotName", "Control", "FakeDiscord"]
