"""A busy trading group as Telegram tells it: nine of ten updates are messages, the rest joins, edits,
reactions and commands.

Pure and deterministic: the same seed gives the same updates. Two in a hundred messages are scams.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

from benchmarks import phrases

SENDERS = 2_000
GROUP = -1_002_000_000_777
SCAM_SHARE = 0.02
_URL = re.compile(r"https?://\S+")
Update = dict[str, Any]


def made(count: int, at: int, *, seed: int = 7, first: int = 1) -> list[Update]:
    """`count` updates of one supergroup, numbered from `first`, of the second `at` and after."""
    random = Random(seed)
    out: list[Update] = []
    for n in range(count):
        number, when = first + n, at + n // 300
        kind = random.random()
        if kind < 0.90 or n < 20:
            body = {"message": _message(random, number, when)}
        elif kind < 0.94:
            body = {"chat_member": _join(number, when)}
        elif kind < 0.97:
            body = {"edited_message": _edit(random, out, when)}
        elif kind < 0.985:
            body = {"message_reaction": _reaction(random, out, when)}
        else:
            body = {"message": _command(random, number, when)}
        out.append({"update_id": number, **body})
    return out


def _chat() -> Update:
    return {"id": GROUP, "type": "supergroup", "title": "Perpetuals 永续", "username": "perps_talk"}


def _person(number: int) -> Update:
    return {
        "id": 500_000 + number, "is_bot": False, "first_name": f"Trader {number}",
        "username": f"trader{number}", "language_code": "zh-hans" if number % 2 else "en",
    }  # fmt: skip


def _message(random: Random, number: int, when: int) -> Update:
    is_scam = random.random() < SCAM_SHARE
    text = phrases.scam(random) if is_scam else phrases.sentence(random, chinese=number % 2 == 0)
    text = f"{text} ({number})"
    said = {
        "message_id": number,
        "from": _person(random.randrange(SENDERS)),
        "chat": _chat(),
        "date": when,
        "text": text,
    }
    found = _URL.search(text)
    if found:
        said["entities"] = [{"type": "url", "offset": found.start(), "length": len(found[0])}]
    return said


def _command(random: Random, number: int, when: int) -> Update:
    said = {"message_id": number, "from": _person(random.randrange(SENDERS)), "chat": _chat(), "date": when}
    return {**said, "text": "/rules", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}


def _join(number: int, when: int) -> Update:
    who = _person(100_000 + number)
    return {
        "chat": _chat(), "from": who, "date": when, "old_chat_member": {"status": "left", "user": who},
        "new_chat_member": {"status": "member", "user": who},
    }  # fmt: skip


def _earlier(random: Random, so_far: list[Update]) -> Update:
    while True:
        found: Update | None = random.choice(so_far).get("message")
        if found is not None:
            return found


def _edit(random: Random, so_far: list[Update], when: int) -> Update:
    said = _earlier(random, so_far)
    return {**said, "text": f"{said['text']} edit", "edit_date": when}


def _reaction(random: Random, so_far: list[Update], when: int) -> Update:
    new = [{"type": "emoji", "emoji": random.choice("👍🔥❤🎉")}]
    return {
        "chat": _chat(), "message_id": _earlier(random, so_far)["message_id"], "date": when,
        "user": _person(random.randrange(SENDERS)), "old_reaction": [], "new_reaction": new,
    }  # fmt: skip
