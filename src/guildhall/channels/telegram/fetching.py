"""Fetches what Telegram keeps for us: the bytes of a file, and what a person shows of themselves.

The address of a file holds the bot's token, so it is built here, opened here and never leaves in an error.
Nothing is sent by this, so a failure is tried again as often as one likes.
"""

from __future__ import annotations

import httpx

from guildhall.channels.port import Profile
from guildhall.channels.telegram import client
from guildhall.channels.text import clean
from guildhall.core.errors import Permanent, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text

CONNECT_S, READ_S = 5.0, 20.0
LONGEST_BIO = 1_000


def fetch(bot_id: int, file_id: str, most: int) -> bytes:
    """The bytes of a file. Raises Temporary; Permanent for a file that is gone or larger than `most`."""
    told = client.call(bot_id, "get_file", file_id=file_id)
    if (told.file_size or 0) > most:
        raise _too_large(most)
    where = str(told.file_path or "")
    if not where:
        raise Permanent(Text("Telegram does not give this file out.", "Telegram 不提供该文件。"))
    if "://" not in where:
        where = f"{settings.telegram_api.rstrip('/')}/file/bot{client.token_of(bot_id)}/{where.lstrip('/')}"
    return _download(where, most)


def profile(bot_id: int, user_id: str) -> Profile:
    """What a person shows of themselves. Raises Temporary, Permanent (Telegram does not know them to us)."""
    told = client.call(bot_id, "get_chat", chat_id=int(user_id))
    photo = told.photo
    return Profile(clean(str(told.bio or ""))[:LONGEST_BIO], str(photo.big_file_id) if photo else "")


def _download(where: str, most: int) -> bytes:
    got = bytearray()
    try:
        with httpx.stream(
            "GET",
            where,
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
        ) as answer:
            if answer.status_code >= 500 or answer.status_code == 429:
                raise Temporary(Text("Telegram does not give the file now.", "Telegram 暂时无法提供该文件。"))
            if answer.status_code != 200:
                raise Permanent(Text("Telegram no longer has this file.", "Telegram 已不再保存该文件。"))
            for part in answer.iter_bytes():
                got += part
                if len(got) > most:
                    raise _too_large(most)
    except httpx.HTTPError as error:
        # Only the kind of error: its words may hold the address, and that holds the token.
        raise Temporary(
            Text(
                f"The file could not be fetched ({type(error).__name__}).",
                f"无法下载文件（{type(error).__name__}）。",
            )
        ) from None
    return bytes(got)


def _too_large(most: int) -> Permanent:
    return Permanent(
        Text(f"The file is larger than {most:,} bytes.", f"文件超过 {most:,} 字节。"), code="too_large"
    )
