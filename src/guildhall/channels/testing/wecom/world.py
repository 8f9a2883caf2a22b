"""The fake's world: makes corporations, accounts and what belongs to them, finds them again, and hands events
to whoever carries them to our door.
"""

from __future__ import annotations

import base64
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import (
    Account,
    Corp,
    Customer,
    Group,
    Json,
    Kf,
    Token,
    Welcome,
)

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
TOKEN_LIFE = 7200
WELCOME_LIFE = 20.0


class World:
    def __init__(self, seed: int = 0, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.dice = random.Random(seed)
        self.corps: dict[str, Corp] = {}
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.media: dict[str, Json] = {}
        self.post: Callable[[Corp | Account, str, str], None] = lambda owner, agent, plain: None
        """Set by the server: carries one event to the owner's callback for that agent."""
        self._clock = clock
        self._ahead = 0.0

    # -- time and ids --------------------------------------------------------------------------------

    def now(self) -> float:
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Time passes: tokens end, welcome codes and windows close."""
        with self.lock:
            self._ahead += seconds

    def word(self, length: int) -> str:
        return "".join(self.dice.choices(ALPHABET, k=length))

    def aes_key(self) -> str:
        return base64.b64encode(self.dice.randbytes(32)).decode()[:43]

    # -- making --------------------------------------------------------------------------------------

    def add_corp(self, corpid: str = "", name: str = "Guild") -> Corp:
        """A corporation with the secrets of three agents: contact (customers), kf, app (a self-built one)."""
        with self.lock:
            corp = Corp(
                corpid or f"ww{self.word(16).lower()}",
                name,
                {agent: self.word(43) for agent in ("contact", "kf", "app")},
            )
            self.corps[corp.id] = corp
            return corp

    def add_account(self, appid: str = "", name: str = "Guild news") -> Account:
        with self.lock:
            account = Account(appid or f"wx{self.word(16).lower()}", name, self.word(32).lower())
            self.accounts[account.id] = account
            return account

    def issue(self, owner: Corp | Account, agent: str, *, renew: bool = False) -> tuple[str, int]:
        """The access token of an agent and its seconds to live: the present one again while it lasts."""
        with self.lock:
            now = self.now()
            for text, token in self.tokens.items():
                if token.owner is owner and token.agent == agent and not token.replaced and token.until > now:
                    if not renew:
                        return text, int(token.until - now)
                    token.replaced = True
            text = self.word(214 if isinstance(owner, Corp) else 157)
            self.tokens[text] = Token(owner, agent, now + TOKEN_LIFE)
            return text, TOKEN_LIFE

    def holder(self, text: str) -> Token:
        """Raises Refused for a token that is missing, unknown, replaced or too old."""
        if not text:
            raise Refused(41001)
        token = self.tokens.get(text)
        if token is None:
            raise Refused(40014)
        if token.until <= self.now():
            raise Refused(42001)
        if token.replaced:
            raise Refused(40001 if isinstance(token.owner, Account) else 40014)
        return token

    def invalidate(self) -> None:
        """Every token given so far stops working before its time, as when somebody else renews."""
        with self.lock:
            for token in self.tokens.values():
                token.replaced = True

    # -- finding -------------------------------------------------------------------------------------

    def customer(self, corp: Corp, external: str) -> Customer:
        found = corp.customers.get(external)
        if found is None:
            raise Refused(40096)
        return found

    def group(self, corp: Corp, chat_id: str) -> Group:
        found = corp.groups.get(chat_id)
        if found is None or found.dismissed:
            raise Refused(49008)
        return found

    def staff(self, corp: Corp, userid: str) -> Json:
        found = corp.staff.get(userid)
        if found is None:
            raise Refused(60111)
        return found

    def kf(self, corp: Corp, open_kfid: str) -> Kf:
        found = corp.kf.get(open_kfid)
        if found is None:
            raise Refused(95000)
        return found

    # -- events --------------------------------------------------------------------------------------

    def event(self, corp: Corp, agent: str, event: str, change: str = "", **fields: Any) -> None:
        """Tells the corporation's callback what happened."""
        head: Json = {
            "ToUserName": corp.id, "FromUserName": "sys", "CreateTime": int(self.now()), "MsgType": "event",
            "Event": event,
        }  # fmt: skip
        if change:
            head["ChangeType"] = change
        self.post(corp, agent, xml({**head, **fields}))

    def welcome(self, corp: Corp, userid: str, customer: Customer) -> str:
        code = self.word(43)
        corp.welcomes[code] = Welcome(customer.id, userid, self.now())
        return code

    def put_into(self, corp: Corp, group: Group, who: str, scene: int, invitor: str, state: str = "") -> None:
        """Somebody is in the group now, and its callback is told."""
        kind = 1 if who in corp.staff else 2
        member: Json = {"userid": who, "type": kind, "join_time": int(self.now()), "join_scene": scene}
        if invitor:
            member["invitor"] = {"userid": invitor}
        if state:
            member["state"] = state
        group.members[who] = member
        if kind == 2:
            group.history.append((int(self.now()), 1))
        before, group.version = group.version, group.version + 1
        self.changed(corp, group, "add_member", before, JoinScene=scene, people=[who])

    def changed(
        self, corp: Corp, group: Group, detail: str, before: int, people: list[str] | None = None, **more: Any
    ) -> None:
        fields: Json = {"ChatId": group.id, "UpdateDetail": detail, **more}
        if people:
            fields["MemChangeCnt"] = len(people)
            fields["MemChangeList"] = people
            fields["LastMemVer"] = version_of(group.id, before)
            fields["CurMemVer"] = version_of(group.id, group.version)
        self.event(corp, "contact", "change_external_chat", "update", **fields)


def version_of(chat_id: str, number: int) -> str:
    """The version of a group's member list, as an opaque word."""
    return f"{abs(hash_of(chat_id)):08x}{number:024x}"


def hash_of(text: str) -> int:
    return sum((index + 1) * ord(letter) for index, letter in enumerate(text)) & 0xFFFFFFFF


def xml(fields: Json) -> str:
    """An event as WeChat writes it: words in CDATA, numbers plain, lists as <Item>."""
    parts = []
    for name, value in fields.items():
        if isinstance(value, list):
            inner = "".join(f"<Item><![CDATA[{one}]]></Item>" for one in value)
        elif isinstance(value, dict):
            inner = xml(value).removeprefix("<xml>").removesuffix("</xml>")
        elif isinstance(value, (int, float)):
            inner = str(value)
        else:
            inner = f"<![CDATA[{value}]]>"
        parts.append(f"<{name}>{inner}</{name}>")
    return f"<xml>{''.join(parts)}</xml>"
