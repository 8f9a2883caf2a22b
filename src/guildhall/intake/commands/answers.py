"""Says what is said in answer: in the asker's language, cleared by compliance, once, and not again and again
in a group.

Answers are effects in the transaction of the deed. Where our own database is the platform only the asker
sees them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guildhall.channels import actions as channels
from guildhall.channels import registry, sql
from guildhall.channels.models import Space, TelegramBot
from guildhall.channels.port import Act, Button, Verb
from guildhall.compliance.gate import service_clearance
from guildhall.core import reading
from guildhall.core.clearance import Clearance
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.guard import pauses
from guildhall.guard.models import Case
from guildhall.intake.commands.heard import Heard
from guildhall.people.models import Member

EVERY_S = 10.0
IN_PRIVATE = 5
"""So many answers of one sort within `EVERY_S` in a private talk."""
REFUSED_EVERY_S = 60.0
HINT_EVERY_S = 3600.0
LONGEST_TOAST = 190
_KEY = ("unique_key",)


class Answers:
    """The answers to one batch."""

    def __init__(self, heard: Sequence[Heard]) -> None:
        keys = sql.many(key_of(one) for one in heard)
        self._answered = {row[0] for row in reading.rows(Effect, _KEY, sql.any_of("unique_key"), [keys])}
        self._asked: dict[str, bool] = {}
        self._usernames: dict[str, str] = {}
        self._private = {one.account.id for one in heard if one.space.kind == "private"}
        self._appealing: set[str] | None = None

    def is_answered(self, heard: Heard) -> bool:
        """Whether this very thing was answered before (a platform may deliver twice)."""
        return key_of(heard) in self._answered

    def may_owe_a_reason(self, heard: Heard) -> bool:
        """Whether whoever writes in private has an appeal that still lacks its reason; asked once a batch."""
        if self._appealing is None:
            waiting = reading.rows(
                Case,
                ("account",),
                f"{sql.any_of('account_id')} AND kind = %s AND state = %s AND statement = ''",
                [sql.many(self._private), Case.Kind.APPEAL.value, Case.State.OPEN.value],
            )
            self._appealing = {str(row[0]) for row in waiting}
        return heard.account.id in self._appealing

    def look_again(self) -> None:
        """A command was carried out: there may be an appeal where there was none."""
        self._appealing = None

    def take_back(self, heard: Heard) -> None:
        """What was queued in answer was rolled back with the deed."""
        self._answered.discard(key_of(heard))

    def is_room_for(self, heard: Heard, what: str) -> bool:
        """Whether an answer of this sort may be given here now; asking takes the place.

        In private everybody is answered, short of a machine that asks faster than Telegram lets us answer.
        """
        if heard.space.kind == "private":
            return any(
                self._take(f"said:{heard.space.id}:{what}:{place}", EVERY_S) for place in range(IN_PRIVATE)
            )
        return self._take(f"said:{heard.space.id}:{what}:{_whom(heard)}", EVERY_S)

    def is_room_for_refusal(self, heard: Heard) -> bool:
        """A refusal is told to one account once a minute, and in a group every ten seconds to anybody."""
        own = self._take(f"refused:{heard.space.id}:{heard.account.id}", REFUSED_EVERY_S)
        return own and self.is_room_for(heard, "refusal")

    def is_room_for_hint(self, heard: Heard) -> bool:
        return self._take(f"hint:{heard.space.id}", HINT_EVERY_S)

    def _take(self, key: str, seconds: float) -> bool:
        if key in self._asked:
            return False
        self._asked[key] = True
        return pauses.take(key, seconds)

    def language(self, heard: Heard) -> str:
        """The member's language, else the space's."""
        known = Member.objects.filter(pk=heard.account.member_id).values_list("language", flat=True).first()
        return known or heard.space.language

    def reply(
        self,
        heard: Heard,
        words: Text,
        *,
        about: str = "",
        buttons: Sequence[Button] = (),
        language: str = "",
        after: str = "",
        otherwise: Text | None = None,
    ) -> bool:
        """Answer a command; `about` is the message it is put under, else the command itself. False when the
        platform or compliance does not let us.

        after: the deed the answer tells of; it is said once that has happened, and if it never does,
        `otherwise` is said in its place (where a platform can refuse).
        """
        space = heard.space
        adapter = registry.get(space.platform)
        private = space.platform in registry.holding()
        verbs = (Verb.WARN,) if private else (Verb.REPLY, Verb.SEND)
        verb = next((verb for verb in verbs if adapter.capabilities[verb].supported), None)
        if verb is None:
            return False
        language = language or self.language(heard)
        text = words.for_language(language)
        while adapter.limits.count(text) > adapter.limits.text:
            text = text[: -len(text) // 10]
        clearance = service_clearance(space.region, text, language)
        if clearance is None or not clearance.covers(text):
            return False
        act = Act(
            verb,
            space.id,
            account_id=heard.account.id if verb is Verb.WARN else "",
            text=text,
            reply_to="" if verb is Verb.SEND else about or heard.message_id,
            buttons=tuple(buttons)[: adapter.limits.buttons],
            params=((channels.AFTER, after),) if after else (),
        )
        instead: list[channels.Wanted] = []
        if after and otherwise is not None and adapter.shows_at_once:
            text = otherwise.for_language(language)
            denial = replace(act, text=text, buttons=(), params=((channels.UNLESS, after),))
            cleared = service_clearance(space.region, text, language)
            if cleared is not None:
                instead.append(channels.Wanted(denial, cleared, f"{key_of(heard)}:otherwise"))
        self._queue(heard, act, clearance=clearance, instead=instead)
        return True

    def toast(self, heard: Heard, words: Text, *, language: str = "", must_read: bool = False) -> None:
        """Answer a pressed button: the app waits for it. `must_read`: not only in passing."""
        callback = heard.inbound.callback
        declared = registry.capability(heard.space.platform, Verb.ANSWER_BUTTON)
        if callback is None or not declared.supported:
            return
        language = language or self.language(heard)
        text = words.for_language(language)[:LONGEST_TOAST]
        clearance = service_clearance(heard.space.region, text, language)
        if clearance is None:
            text = ""
        params = (("callback", callback.id), *((("alert", "yes"),) if must_read and text else ()))
        act = Act(Verb.ANSWER_BUTTON, heard.space.id, text=text, params=params)
        self._queue(heard, act, clearance=clearance)

    def username(self, heard: Heard) -> str:
        """What our bot is called where this was heard; '' where bots have no names."""
        receiver = heard.inbound.receiver or heard.space.receiver
        if heard.inbound.platform != "telegram" or not receiver.isdigit():
            return ""
        if receiver not in self._usernames:
            found = TelegramBot.objects.filter(bot_id=int(receiver)).values_list("username", flat=True)
            self._usernames[receiver] = found.first() or ""
        return self._usernames[receiver]

    def _queue(
        self,
        heard: Heard,
        act: Act,
        *,
        clearance: Clearance | None,
        instead: Sequence[channels.Wanted] = (),
    ) -> None:
        key = key_of(heard)
        if key in self._answered:
            return
        channels.request_many(
            [channels.Wanted(act, clearance, key), *instead],
            actor="system:intake",
            reason="command",
        )
        self._answered.add(key)


def has_buttons(space: Space) -> bool:
    """Whether a button under a message comes back to us when it is pressed."""
    adapter = registry.get(space.platform)
    return adapter.limits.buttons > 0 and adapter.capabilities[Verb.ANSWER_BUTTON].supported


def key_of(heard: Heard) -> str:
    """Under which key the answer is queued: once for a command, once for a press."""
    callback = heard.inbound.callback
    if callback is not None:
        return f"button:{heard.inbound.platform}:{heard.inbound.receiver}:{callback.id}"[:200]
    return f"command:{heard.message_id}"


def _whom(heard: Heard) -> str:
    """Where nobody else sees the answer, each account has its own pause."""
    return heard.account.id if heard.space.platform in registry.holding() else ""
