"""Fills a database with a house of any size, the same one for the same seed, in raw multi-row statements.

`python -m benchmarks.world MESSAGES MEMBERS` writes into the database of the environment: spaces in two
languages, members with accounts and search terms, messages over 90 days with theirs, verdicts and cases of
the scams among them, audit rows and finished effects. Durability is off while it writes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from random import Random
from typing import Any

from benchmarks import phrases

CHUNK = 20_000
SPACES = 20
DAYS = 90
SCAM_SHARE = 0.02
NOW = datetime.now(UTC).replace(microsecond=0)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NAMES = (
    "alice",
    "bob",
    "chen",
    "dai",
    "erik",
    "fang",
    "gao",
    "hana",
    "ivan",
    "jia",
    "kai",
    "lin",
    "mei",
    "nora",
)
_CHINESE_NAMES = (
    "小李",
    "老王",
    "阿强",
    "大飞",
    "静静",
    "币圈老张",
    "链上观察",
    "梭哈哥",
    "韭菜本菜",
    "佛系持仓",
)


def ulid(at: datetime, number: int) -> str:
    """An id as `core.ids` makes them, with a counter where they have chance."""
    value = int(at.timestamp() * 1000) << 80 | number << 16
    return "".join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


class World:
    """One house of a given size. `members` people, each with one account, over SPACES spaces."""

    def __init__(self, messages: int, members: int, seed: int = 7) -> None:
        self.messages, self.members, self.seed = messages, members, seed
        self.began = NOW - timedelta(days=DAYS)
        self.space_ids = [ulid(self.began, n) for n in range(SPACES)]
        self.account_ids = [ulid(self.began, 1_000_000 + n) for n in range(members)]
        self.member_ids = [ulid(self.began, 2_000_000 + n) for n in range(members)]

    def is_chinese(self, space: int) -> bool:
        return space % 2 == 1

    def when(self, number: int) -> datetime:
        """When message `number` was sent: evenly over the days, the last an hour ago."""
        span = timedelta(days=DAYS) - timedelta(hours=1)
        return self.began + span * ((number + 1) / self.messages)

    def spaces(self) -> Iterator[tuple[Any, ...]]:
        for n, pk in enumerate(self.space_ids):
            language = "zh-hans" if self.is_chinese(n) else "en"
            yield (
                pk, "webchat", f"load-{n}", f"load-{n}", f"Load {n}", language, "", "", "", "{}",
                self.began, None, "group", "",
            )  # fmt: skip

    def name(self, number: int) -> str:
        random = Random(self.seed * 31 + number)
        stem = random.choice(_CHINESE_NAMES if number % 2 else _NAMES)
        return f"{stem}{number}"

    def member_rows(self) -> Iterator[tuple[Any, ...]]:
        for n, pk in enumerate(self.member_ids):
            at = self.began + timedelta(seconds=n % 80_000)
            language = "zh-hans" if n % 2 else "en"
            yield (pk, self.name(n), language, "", "", at, at + timedelta(days=n % DAYS), None, None)

    def account_rows(self) -> Iterator[tuple[Any, ...]]:
        for n, pk in enumerate(self.account_ids):
            at = self.began + timedelta(seconds=n % 80_000)
            yield (
                pk,
                self.member_ids[n],
                "webchat",
                f"load-{n}",
                f"user{n}",
                self.name(n),
                False,
                False,
                at,
                at,
            )

    def membership_rows(self) -> Iterator[tuple[Any, ...]]:
        for n, pk in enumerate(self.account_ids):
            at = self.began + timedelta(seconds=n % 80_000)
            for space in {n % SPACES, (n * 7 + 3) % SPACES}:
                yield (self.space_ids[space], pk, "member", None, at, None, at, at, 5, 0, None)

    def posts(self) -> Iterator[tuple[int, str, datetime, int, int, str, bool]]:
        """(number, id, sent at, space, author, text, is a scam) of every message, in order."""
        random = Random(self.seed)
        for n in range(self.messages):
            at = self.when(n)
            space = random.randrange(SPACES)
            is_scam = random.random() < SCAM_SHARE
            text = (
                phrases.scam(random) if is_scam else phrases.sentence(random, chinese=self.is_chinese(space))
            )
            author = min(int(random.paretovariate(0.6)) - 1, self.members - 1)
            yield n, ulid(at, n), at, space, author, text, is_scam

    def message_rows(self, posts: Sequence[Any]) -> list[tuple[Any, ...]]:
        rows = []
        for n, pk, at, space, author, text, is_scam in posts:
            gone = at + timedelta(seconds=1) if is_scam else None
            rows.append(
                (
                    pk, self.space_ids[space], self.account_ids[author], "in", f"load-{n}", 1, text,
                    "[]", "[]", "[]", "", "", "", at, at, None,
                    not is_scam, gone, "system:guard" if is_scam else "",
                    text_hash(text), True,
                )
            )  # fmt: skip
        return rows


@lru_cache(maxsize=200_000)
def terms_of(text: str) -> str:
    from guildhall.core.searchtext import index_terms

    return " ".join(index_terms(text))


@lru_cache(maxsize=200_000)
def text_hash(text: str) -> str:
    from guildhall.guard.canonical import text_hash as of

    return of(text)


def build(messages: int, members: int, seed: int = 7, say: Callable[[str], None] = print) -> World:
    """Fill the empty tables of the current database, then have the database look at them (ANALYZE)."""
    from django.db import connection, transaction

    from guildhall.channels.models import Message, SearchDoc, Space, SpaceMember
    from guildhall.core import bulk
    from guildhall.people.models import Account, Member, MemberSearch

    world = World(messages, members, seed)
    began = time.monotonic()

    def fill(model: Any, columns: str, rows: Iterable[Any]) -> None:
        for chunk in chunks(rows):
            with transaction.atomic():
                bulk.insert(model, columns.split(), chunk)
        say(f"  {model.__name__}: {time.monotonic() - began:.0f} s")

    careless(connection)
    fill(
        Space,
        "id platform external_id slug name language region tier theme settings created_at archived_at kind"
        " receiver",
        world.spaces(),
    )
    fill(
        Member,
        "id display_name language region note created_at last_seen_at erased_at merged_into",
        world.member_rows(),
    )
    fill(
        Account,
        "id member platform external_id username display_name is_bot is_staff created_at last_seen_at",
        world.account_rows(),
    )
    fill(
        MemberSearch,
        "member terms",
        ((pk, terms_of(f"{world.name(n)} user{n}")) for n, pk in enumerate(world.member_ids)),
    )
    fill(
        SpaceMember,
        "space account state until joined_at left_at first_message_at last_message_at"
        " message_count strikes last_strike_at",
        world.membership_rows(),
    )
    scams = 0
    for posts in chunks(world.posts()):
        with transaction.atomic():
            bulk.insert(Message, MESSAGE_COLUMNS.split(), world.message_rows(posts))
            bulk.insert(
                SearchDoc, ["message", "version", "terms"], [(p[1], 1, terms_of(p[5])) for p in posts]
            )
            scams += judge(world, [post for post in posts if post[6]])
    say(f"  Message: {time.monotonic() - began:.0f} s, {scams} of them scams")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(f"  {messages:,} messages, {members:,} members in {time.monotonic() - began:.0f} s")
    return world


MESSAGE_COLUMNS = (
    "id space account direction external_id version text entities links media reply_to thread_id"
    " forwarded_from sent_at received_at edited_at visible removed_at removed_by text_hash indexed"
)


def judge(world: World, posts: Sequence[Any]) -> int:
    """Verdicts, cases, audit rows and finished effects of a chunk's scams; returns how many."""
    from benchmarks.judgements import write

    write(world, posts)
    return len(posts)


def careless(connection: Any) -> None:
    """No fsync for this connection: the world can be made again."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-400000")
        else:
            cursor.execute("SET synchronous_commit=off")


if __name__ == "__main__":
    from guildhall.cli.app import start_django
    from guildhall.cli.prepare import migrate

    os.environ.setdefault("GUILDHALL_DEMO", "off")
    start_django()
    migrate()
    build(*(int(word) for word in sys.argv[1:3]))
    print(json.dumps({"ok": True}))
