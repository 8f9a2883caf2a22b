"""Much at once: thousands of private talks, backlogs of updates already serialised, worlds from a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from guildhall.channels.testing.telegram.entities import find
from guildhall.channels.testing.telegram.happenings import AnyBot, Happenings
from guildhall.channels.testing.telegram.state import Chat, Json, Member

TEXTS = (
    "gm, is the funding rate negative again?", "大家早上好，手续费怎么算？", "it took 10 minutes, fine",
    "see https://example.com/fees for the table", "my KYC is still pending 😕", "止损被扫了，爆仓价怎么算",
    "anyone else long $BTC here?", "thanks, that helped", "入金到账了，谢谢",
)  # fmt: skip


class Bulk(Happenings):
    def load(
        self, bot: AnyBot, chats: int = 10_000, groups: int = 0, members: int = 0
    ) -> dict[str, list[int]]:
        """Many private talks that have started the bot, groups it administers, and members spread over the
        groups; without an update to anybody. The ids of `users` and `groups`."""
        with self.world.lock:
            found = self._bot_of(bot)
            users = [self.world.add_user(f"Reader {number}") for number in range(chats)]
            for user in users:
                self.world.private[(user, found.id)] = Chat(user, "private", bot_id=found.id)
            made = []
            for number in range(groups):
                owner = self.world.add_user(f"Owner {number}")
                chat = self.world.chats[self.world.add_chat("supergroup", f"Group {number}", owner=owner)]
                chat.members[found.id] = Member(
                    found.id, "administrator", {"can_manage_chat": True}, inside=True
                )
                made.append(chat)
            for number in range(members if made else 0):
                user = self.world.add_user(f"Member {number}", f"member{number}")
                made[number % len(made)].members[user] = Member(user, "member", inside=True)
            return {"users": users, "groups": [chat.id for chat in made]}

    def backlog(
        self, bot: AnyBot, n: int, chat: int | None = None, users: int = 200, command_every: int = 10,
        command: str = "/faq", texts: Sequence[str] = TEXTS, keep: bool = False,
        ordered: bool = True,
    ) -> dict[str, int]:  # fmt: skip
        """Queues `n` message updates of a supergroup at once, every tenth a command. `keep` also stores
        the messages, so that they can be deleted. `ordered`: a webhook gets them one after the other, as
        Telegram does within a chat. `first` and `after` are the update ids."""
        with self.world.lock:
            found = self._bot_of(bot)
            if chat is None:
                owner = self.world.add_user("Owner")
                chat = self.world.add_chat("supergroup", "Backlog", owner=owner)
                self.add_bot_to_chat(found, chat, owner, {"all": True})
            group = self.world.chats[chat]
            known = [one.user_id for one in group.members.values() if one.status == "member"][:users]
            while len(known) < users:
                user = self.world.add_user(f"Member {len(known)}", f"chatter{self.world.count('chatter')}")
                group.members[user] = Member(user, "member", inside=True)
                known.append(user)
            first, after = self.world.updates[found.id].fill(
                self._bodies(group, n, known, command_every, command, texts, keep), chat if ordered else 0
            )
            return {"chat": chat, "first": first, "after": after}

    def _bodies(
        self,
        group: Chat,
        n: int,
        users: Sequence[int],
        every: int,
        command: str,
        texts: Sequence[str],
        keep: bool,
    ) -> Iterator[bytes]:
        senders = [orjson.dumps(self.world.users[user]) for user in users]
        chat = orjson.dumps(self.world.chat_json(group))
        said: list[tuple[Json, bytes]] = []
        for text in (*texts, command):
            content: Json = {"text": text, **({"entities": marks} if (marks := find(text)) else {})}
            said.append((content, orjson.dumps(content)[1:-1]))
        date = int(self.world.now())
        for number in range(n):
            is_command = every and number % every == every - 1
            content, body = said[-1] if is_command else said[number % (len(said) - 1)]
            who = number % len(users)
            if keep:
                self.world.post(group, content, sender=users[who], tell=False)
            else:
                group.counter += 1
            yield b'"message":{"message_id":%d,"from":%b,"chat":%b,"date":%d,%b}' % (
                group.counter, senders[who], chat, date, body)  # fmt: skip

    def play(self, story: Sequence[Sequence[Any]]) -> list[Any]:
        """Several control calls in order, each `[name, arguments by name]`; what each answered. Names given
        by `"as"` can be used as `"$name"` in later calls."""
        from guildhall.channels.testing.telegram.control import NAMES

        kept: dict[str, Any] = {}
        answers = []
        for name, arguments in story:
            if name not in NAMES:
                raise KeyError(name)
            given = {
                key: kept.get(value[1:], value) if isinstance(value, str) and value[:1] == "$" else value
                for key, value in arguments.items()
            }
            called = given.pop("as", None)
            answer = getattr(self, name)(**given)
            if called:
                kept[called] = answer
            answers.append(answer)
        return answers
