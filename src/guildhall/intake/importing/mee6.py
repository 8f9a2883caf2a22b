"""Reads what a Discord community that used MEE6 can bring along: its ban list, and lists of words and links.

Source of the format: MEE6 has no export that could be found; its documentation only tells of a list of
banned words and of warnings kept in its dashboard. People get the bans out through Discord itself, whose API
answers with `[{"reason": …, "user": {"id": …, "username": …}}]`, and the rest by copying. So this reads that
shape, objects with an id and a `type` (ban, tempban) under `bans` or `infractions`, and settings under the
names the dashboard uses. None of it could be checked against a file of MEE6's own.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from guildhall.core.text import Text
from guildhall.intake.importing import banlists, words
from guildhall.intake.importing.records import MEE6, Aside, BanList, Rules

_LISTS = ("bans", "banned_users", "bannedUsers", "infractions")
_WORDS = ("banned_words", "bannedWords", "bad_words", "badWords", "blacklisted_words")
_LINKS = ("banned_links", "bannedLinks", "blacklisted_links", "banned_domains")
_GOOD_LINKS = ("allowed_links", "allowedLinks", "whitelisted_links", "allowed_domains")
_BANS = frozenset({"", "ban", "tempban", "temp_ban", "softban", "hardban", "封禁"})
_UNREAD = Text("This entry is not a ban.", "该条目不是封禁记录。")


def read_bans(value: object) -> BanList | None:
    """The bans, or None when the JSON has none in a shape we know."""
    entries = value
    if isinstance(value, dict):
        entries = next((value[key] for key in _LISTS if isinstance(value.get(key), list)), None)
    if not isinstance(entries, list) or not any(_has_user(entry) for entry in entries[:20]):
        return None
    gathering = banlists.Gathering(MEE6)
    for number, entry in enumerate(entries, start=1):
        raw = orjson.dumps(entry).decode()
        if not isinstance(entry, dict):
            gathering.aside.put(number, "", _UNREAD, raw)
            continue
        said = _flat(entry)
        if str(said.get("type", "")).lower() in _BANS:
            gathering.add(number, said, raw)
        # Warnings and mutes are no bans: they stay with the other bot.
    return gathering.done()


def read_rules(value: object) -> Rules | None:
    """Banned words and links, or None when the JSON has neither."""
    if not isinstance(value, dict):
        return None
    settings = next(
        (
            part
            for part in (value.get("moderator"), value.get("automod"), value.get("settings"), value)
            if _settings(part)
        ),
        None,
    )
    if not isinstance(settings, dict):
        return None
    aside = Aside()
    bad_words = [*_entries(settings, _WORDS), *_entries(settings, _LINKS)]
    sorted_out = words.sort_out(bad_words, aside)
    allowed = words.sort_out(_entries(settings, _GOOD_LINKS), aside)
    left = [
        Text(f"{key}: no counterpart", f"{key}：无对应项")
        for key in settings
        if key not in (*_WORDS, *_LINKS, *_GOOD_LINKS)
    ]
    return Rules(
        MEE6,
        sorted_out.domains,
        allowed.domains,
        sorted_out.words,
        left=tuple(left[:100]),
        bad=tuple(aside.rows),
    )


def _settings(part: object) -> bool:
    return isinstance(part, dict) and any(key in part for key in (*_WORDS, *_LINKS, *_GOOD_LINKS))


def _entries(settings: Mapping[str, object], keys: tuple[str, ...]) -> list[str]:
    out: list[str] = []
    for key in keys:
        given = settings.get(key)
        if isinstance(given, str):
            out += [part.strip() for part in given.replace("\n", ",").split(",")]
        elif isinstance(given, list):
            out += [str(part) for part in given if isinstance(part, str | int)]
    return [entry for entry in out if entry]


def _has_user(entry: object) -> bool:
    return isinstance(entry, dict) and ("user" in entry or "user_id" in entry or "userId" in entry)


def _flat(entry: Mapping[str, object]) -> dict[str, object]:
    said = banlists.renamed(entry)
    user = entry.get("user")
    if isinstance(user, dict):
        said["user_id"], said["username"] = user.get("id", ""), user.get("username", "")
        said["name"] = user.get("global_name") or user.get("username") or ""
    return said
