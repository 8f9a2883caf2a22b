"""Fetches what Discord keeps: the bytes of an attachment or picture, and what a person shows of themselves.

An attachment's address is signed by Discord and opens for a day. Only Discord's own file servers, and those
of a compatible server that is set up in its place, are ever asked.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from guildhall.channels.discord import client
from guildhall.channels.port import Profile
from guildhall.core.errors import Permanent, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text

CONNECT_S, READ_S = 5.0, 20.0
_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
_AVATAR = "https://cdn.discordapp.com/avatars/{user}/{hash}.png?size=256"


def fetch(address: str, most: int) -> bytes:
    """The bytes at an address. Raises Temporary; Permanent for what is gone, not Discord's, or larger than
    `most`.
    """
    if not _is_discords(address):
        raise Permanent(Text("Discord does not give this file out.", "Discord 不提供该文件。"))
    got = bytearray()
    try:
        with httpx.stream(
            "GET",
            address,
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
        ) as answer:
            if answer.status_code >= 500 or answer.status_code == 429:
                raise Temporary(Text("Discord does not give the file now.", "Discord 暂时无法提供该文件。"))
            if answer.status_code != 200:
                raise Permanent(Text("Discord no longer has this file.", "Discord 已不再保存该文件。"))
            for part in answer.iter_bytes():
                got += part
                if len(got) > most:
                    raise Permanent(
                        Text(f"The file is larger than {most:,} bytes.", f"文件超过 {most:,} 字节。"),
                        code="too_large",
                    )
    except httpx.HTTPError as error:
        kind = type(error).__name__
        raise Temporary(
            Text(f"The file could not be fetched ({kind}).", f"无法下载文件（{kind}）。")
        ) from None
    return bytes(got)


def profile(bot_id: int, user_id: str) -> Profile:
    """What a person shows of themselves: Discord tells bots the picture only. Raises Temporary, Permanent."""
    told = client.call(bot_id, "GET", "/users/{user_id}", user_id=user_id) or {}
    picture = str(told.get("avatar") or "")
    return Profile("", _AVATAR.format(user=user_id, hash=picture) if picture else "")


def _is_discords(address: str) -> bool:
    try:
        asked, own = urlsplit(address), urlsplit(settings.discord_api)
        if asked.scheme == "https" and asked.hostname in _HOSTS and asked.port in (None, 443):
            return not asked.username
        compatible = own.hostname != "discord.com" and (asked.scheme, asked.netloc) == (
            own.scheme,
            own.netloc,
        )
    except ValueError:
        return False
    return compatible and not asked.username
