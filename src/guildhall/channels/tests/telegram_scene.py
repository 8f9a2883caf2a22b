"""A scene for tests against the fake Bot API: a supergroup, its people, and a bot called by its peer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from telegram import Bot
from telegram.error import TelegramError

from guildhall.channels.testing.telegram import FakeTelegram


class Scene:
    """A supergroup with an owner, a member and a bot that may everything usual."""

    def __init__(self, tg: FakeTelegram, **rights: Any) -> None:
        self.tg = tg
        self.bot = tg.add_bot(username="guild_bot")
        self.owner = tg.add_user("Olga", "olga")
        self.user = tg.add_user("李雷", "lilei", language_code="zh-hans")
        self.chat = tg.add_chat("supergroup", "Traders", owner=self.owner)
        tg.add_bot_to_chat(self.bot, self.chat, self.owner, rights or {"all": True})
        tg.join(self.chat, self.user)

    def run(self, act: Callable[[Bot], Awaitable[Any]]) -> Any:
        async def go() -> Any:
            base = self.tg.url
            async with Bot(self.bot.token, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot") as bot:
                return await act(bot)

        return asyncio.run(go())

    def refusal(self, act: Callable[[Bot], Awaitable[Any]]) -> TelegramError:
        with pytest.raises(TelegramError) as caught:
            self.run(act)
        return caught.value
