"""Chat history: messages of the past stored in their place, a few hundred in each transaction with the byte
that was reached.

Nobody is judged or punished for what an import brings, and nobody is told. A message the bot has heard
itself is the same message by its id and stays as it is. Undoing takes away what came with the import, except
messages that have become part of a case or were changed since.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Max, Min

from guildhall.channels.actions import past as channels
from guildhall.channels.models import Message, Space, SpaceMember, Topic
from guildhall.channels.records import NewMessage, dumped
from guildhall.core.errors import BadInput
from guildhall.core.ids import id_at
from guildhall.core.text import Text
from guildhall.guard.canonical import text_hash
from guildhall.guard.models import Case, VerdictRecord
from guildhall.intake.importing import files, splitting, telegram_history, wechat_history
from guildhall.intake.importing.records import TELEGRAM_EXPORT, WECHAT_TEXT, BadRow
from guildhall.intake.importing.telegram_history import Chat, Past
from guildhall.intake.models import Import, ImportedMember
from guildhall.people.actions.accounts import Sighting
from guildhall.people.actions.past import accounts_of_the_past, forget_unused, known_accounts

CHUNK = 400
_MEMBERS = 20
"""Memberships undone in one transaction: each asks everything that may name an account."""
TELEGRAM = "telegram"
_MOST_CHATS = 2000
_TOO_LONG = Text("The message is longer than a megabyte.", "消息超过 1 MB。")
_LONGEST_RAW = 20_000


def read(one: Import) -> dict[str, Any]:
    """Find the chats of the file and count their messages. Raises BadInput."""
    if wechat_history.is_for(one.spaces.get()):
        return wechat_history.read(one)
    chats: list[dict[str, Any]] = []
    with files.file_of(one.id).open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
        if head[:1] != b"{":
            raise _no_export()
        try:
            for piece in splitting.arrays(file):
                if isinstance(piece, splitting.Array):
                    if len(chats) >= _MOST_CHATS:
                        raise _no_export()
                    chats.append(
                        {
                            **_described(telegram_history.chat_of(piece.head)),
                            "start": piece.start,
                            "messages": 0,
                        }
                    )
                else:
                    chats[-1]["messages"] += 1
        except splitting.NotAnExport as error:
            raise _no_export() from error
    chats = [chat for chat in chats if chat["messages"]]
    if not chats:
        raise _no_export()
    space = one.spaces.get()
    chosen = next((chat for chat in chats if chat["id"] == space.external_id), None)
    if chosen is None and len(chats) == 1:
        chosen = chats[0]
    return {
        "format": TELEGRAM_EXPORT.key,
        "rows_total": chosen["messages"] if chosen else 0,
        "options": {**one.options, "chat": chosen["start"] if chosen else None},
        "counts": {"chats": len(chats), "found": sum(chat["messages"] for chat in chats)},
        "result": {"chats": chats},
    }


def check(one: Import) -> None:
    """A chat must be chosen. Raises BadInput."""
    chat = _chosen(one)
    one.rows_total, one.cursor = int(chat["messages"]), int(chat["start"])
    one.result = {**one.result, "chat": chat}


def step(one: Import) -> bool:
    """Store the next stretch; whether more may follow."""
    began = time.monotonic()
    stretch = _Stretch(one)
    with stretch.source.open("rb") as file:
        pieces = list(islice(splitting.elements(file, one.cursor), CHUNK))
    for piece in pieces:
        stretch.take(piece)
    files.put_aside(one.id, stretch.bad)
    with transaction.atomic():
        now = Import.objects.select_for_update().get(pk=one.id)
        if now.state != Import.State.RUNNING or now.cursor != one.cursor:
            return now.state == Import.State.RUNNING
        if not pieces:
            return False
        stretch.store(now)
        now.cursor = pieces[-1].end
        now.rows_done += len(pieces)
        now.bad_rows += len(stretch.bad)
        now.busy_ms += int((time.monotonic() - began) * 1000)
        now.save()
    return True


@dataclass(slots=True)
class _Stretch:
    """Some messages on their way from the file into the space."""

    imported: Import
    space: Space = field(init=False)
    prefix: str = field(init=False)
    past: list[Past] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.space = self.imported.spaces.get()
        chat = self.imported.result["chat"]
        same = (
            self.space.platform == TELEGRAM
            and chat["has_global_ids"]
            and chat["id"] == self.space.external_id
        )
        self.prefix = "" if same else f"hist:{chat['id'] or chat['type'] or 'chat'}:"

    @property
    def is_text(self) -> bool:
        """Whether it is the text of a WeChat chat, read before and written down in our form."""
        return self.imported.format == WECHAT_TEXT.key

    @property
    def source(self) -> Path:
        """The file its messages are taken from."""
        return files.rows_of(self.imported.id) if self.is_text else files.file_of(self.imported.id)

    def take(self, piece: splitting.Piece) -> None:
        """Read one message; what cannot be read is put aside whole."""
        row = self.imported.rows_done + len(self.past) + len(self.bad) + 1
        if piece.raw is None:
            self.bad.append(BadRow(row, "", _TOO_LONG, ""))
            return
        try:
            reader = wechat_history.past_of if self.is_text else telegram_history.read
            self.past.append(reader(piece.raw))
        except BadInput as error:
            raw = piece.raw.decode("utf-8", "backslashreplace")[:_LONGEST_RAW]
            self.bad.append(BadRow(row, error.field, error.text, raw))

    def store(self, now: Import) -> None:
        """Write everything, in the caller's transaction."""
        accounts, made = self._accounts()
        topics = self._topics()
        rows, links = [], {}
        for said in self.past:
            if said.what == "message":
                row = self._row(said, accounts.get(said.sender), topics)
                rows.append(row)
                links[row.id] = [link.url for link in said.links]
        new = channels.record_past(rows, links)
        brought = [row for row in rows if row.id in new]
        members = self._members(brought, accounts)
        self._note(now, members, made)
        channels.record_past_members(members)
        counts = now.counts
        for name, count in (
            ("stored", len(brought)),
            ("already", len(rows) - len(brought)),
            ("comings", sum(said.what in ("join", "leave") for said in self.past)),
            ("other", sum(said.what in ("other", "topic") for said in self.past)),
            ("unsigned", sum(said.what == "message" and not said.sender for said in self.past)),
            ("zoneless", sum(said.is_zoneless for said in self.past)),
            ("people", len(made)),
            ("unreadable", len(self.bad)),
        ):
            if count:
                counts[name] = counts.get(name, 0) + count

    def external_id(self, number: int) -> str:
        """The id of a message in the space: Telegram's own where it is the same for everybody."""
        if self.prefix or number < 0:
            return f"{self.prefix or 'hist:' + self.space.external_id + ':'}{number}"
        return str(number)

    def _row(self, said: Past, account: str | None, topics: set[str]) -> NewMessage:
        extra: dict[str, object] = {"imported": self.imported.id}
        if self.is_text:
            extra["by_hand"] = self.imported.confirmed_by
        if said.via_bot:
            extra["via_bot"] = said.via_bot
        reply, thread = (self.external_id(said.reply_to) if said.reply_to else ""), ""
        if reply in topics:
            reply, thread = "", reply
        return NewMessage(
            id_at(said.sent_at, said.number),
            self.space.id,
            account,
            said.key or self.external_id(said.number),
            said.text,
            said.sent_at,
            said.sent_at,
            dumped(said.entities),
            dumped(said.links),
            dumped(said.media),
            reply,
            thread,
            said.forwarded_from,
            said.edited_at,
            text_hash(said.text) if said.text else "",
            extra=orjson.dumps(extra).decode(),
        )

    def _accounts(self) -> tuple[dict[str, str], set[str]]:
        """Our ids of everybody who spoke, came or left, and which of them are new to us."""
        platform = self.space.platform
        first: dict[str, Past] = {}
        for said in self.past:
            if said.sender:
                first.setdefault(said.sender, said)
        known = known_accounts(platform, list(first))
        unknown = {
            external: (Sighting(platform, external, "", said.sender_name), said.sent_at)
            for external, said in first.items()
            if external not in known
        }
        made = accounts_of_the_past(unknown) if unknown else {}
        return {**known, **made}, set(made.values())

    def _topics(self) -> set[str]:
        """Topics of the space by the id of the message that opened them; new ones are kept."""
        for said in self.past:
            if said.what == "topic":
                Topic.objects.get_or_create(
                    space=self.space, external_id=self.external_id(said.number), defaults={"name": said.text}
                )
        return set(Topic.objects.filter(space=self.space).values_list("external_id", flat=True))

    def _members(
        self, rows: list[NewMessage], accounts: dict[str, str]
    ) -> dict[tuple[str, str], channels.PastMember]:
        members: dict[tuple[str, str], channels.PastMember] = {}
        for row in rows:
            if row.account_id:
                one = members.setdefault((self.space.id, row.account_id), channels.PastMember())
                one.first_message_at = min(one.first_message_at or row.sent_at, row.sent_at)
                one.last_message_at = max(one.last_message_at or row.sent_at, row.sent_at)
                one.messages += 1
        for said in self.past:
            if said.what in ("join", "leave") and said.sender:
                one = members.setdefault((self.space.id, accounts[said.sender]), channels.PastMember())
                if said.what == "join":
                    one.joined_at, one.left_at, one.state = said.sent_at, None, "member"
                else:
                    one.left_at, one.state = said.sent_at, "left"
        return members

    def _note(self, now: Import, members: dict[tuple[str, str], channels.PastMember], made: set[str]) -> None:
        """Remember what stood there before, for those this import touches for the first time."""
        accounts = {account for _, account in members}
        noted = set(
            ImportedMember.objects.filter(
                imported=now, space=self.space, account_id__in=accounts
            ).values_list("account_id", flat=True)
        )
        standing = {
            member.account_id: member
            for member in SpaceMember.objects.filter(space=self.space, account_id__in=accounts - noted)
        }
        ImportedMember.objects.bulk_create(
            [
                ImportedMember(
                    imported=now, space=self.space, account_id=account, is_new_account=account in made,
                    is_new_member=account not in standing, before=_before(standing.get(account)),
                )
                for account in sorted(accounts - noted)
            ],
            ignore_conflicts=True,
        )  # fmt: skip


def undo(one: Import) -> bool:
    """Take the next messages away again, then what is left of memberships and accounts."""
    after = str(one.options.get("undo_after") or "")
    if after.startswith("member:"):
        return _undo_members(one, int(after.partition(":")[2]))
    space = one.spaces.get()
    rows = list(
        Message.objects.filter(space=space, id__gt=after, extra__imported=one.id)
        .order_by("id")
        .values_list("id", "version", "removed_at")[:CHUNK]
    )
    ids = [pk for pk, _, _ in rows]
    touched = {pk for pk, version, removed in rows if version > 1 or removed is not None}
    touched |= set(Case.objects.filter(message_id__in=ids).values_list("message_id", flat=True))
    touched |= set(VerdictRecord.objects.filter(message_id__in=ids).values_list("message_id", flat=True))
    with transaction.atomic():
        now = Import.objects.select_for_update().get(pk=one.id)
        if now.state != Import.State.UNDOING or str(now.options.get("undo_after") or "") != after:
            return now.state == Import.State.UNDOING
        channels.erase_past(space.id, [pk for pk in ids if pk not in touched])
        now.options["undo_after"] = ids[-1] if ids else "member:0"
        now.counts["taken_back"] = now.counts.get("taken_back", 0) + len(ids) - len(touched)
        now.counts["kept"] = now.counts.get("kept", 0) + len(touched)
        now.save(update_fields=["options", "counts"])
    return True


def _undo_members(one: Import, after: int) -> bool:
    rows = list(one.members.filter(pk__gt=after).order_by("pk")[:_MEMBERS])
    if not rows:
        return False
    with transaction.atomic():
        now = Import.objects.select_for_update().get(pk=one.id)
        if now.state != Import.State.UNDOING:
            return False
        now.options["undo_after"] = f"member:{rows[-1].pk}"
        now.save(update_fields=["options"])
        for row in rows:
            _undo_member(one, row)
    return True


def _undo_member(one: Import, row: ImportedMember) -> None:
    if row.is_new_member and channels.forget_member(row.space_id, row.account_id):
        if row.is_new_account:
            forget_unused(row.account_id, one.started_at or one.at)
        return
    spoken = Message.objects.filter(space_id=row.space_id, account_id=row.account_id).aggregate(
        first=Min("sent_at"), last=Max("sent_at")
    )
    before: dict[str, datetime | None] = {
        "first_message_at": spoken["first"],
        "last_message_at": spoken["last"],
    }
    if not row.is_new_member:
        joined = row.before.get("joined_at")
        before["joined_at"] = datetime.fromisoformat(joined) if joined else None
    channels.restore_member(row.space_id, row.account_id, before)


def _before(member: SpaceMember | None) -> dict[str, Any]:
    if member is None or member.joined_at is None:
        return {}
    return {"joined_at": member.joined_at.astimezone(UTC).isoformat()}


def _described(chat: Chat) -> dict[str, Any]:
    return {
        "name": chat.name,
        "type": chat.type,
        "id": chat.external_id,
        "has_global_ids": chat.has_global_ids,
    }


def _chosen(one: Import) -> dict[str, Any]:
    for chat in one.result.get("chats", ()):
        if chat["start"] == one.options.get("chat"):
            return dict(chat)
    raise BadInput(Text("Choose one of the chats.", "请选择一个聊天。"), field="chat")


def _no_export() -> BadInput:
    return BadInput(
        Text(
            "This is no chat history of Telegram Desktop. Export it as JSON and choose result.json.",
            "这不是 Telegram 桌面版的聊天记录。请以 JSON 格式导出，并选择 result.json。",
        ),
        field="file",
        code="unknown_format",
    )
