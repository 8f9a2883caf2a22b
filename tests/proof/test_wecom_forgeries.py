"""Ten thousand forged, replayed and stale callbacks at the door of a real house, genuine ones among them: each
genuine one is recorded once, and of the others nothing. FORGERIES: how many (default 10,000).
"""

from __future__ import annotations

import base64
import http.client
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from guildhall.channels.testing.wecom import sealing
from guildhall.channels.testing.wecom.world import xml
from tests.proof.wecom_house import Connected, connected

pytestmark = pytest.mark.proof
FORGERIES = int(os.environ.get("FORGERIES", "10000"))
SEED = int(os.environ.get("SEED", "20261123"))
GENUINE, THREADS = 300, 8
Call = tuple[str, bytes]
"""Query and body."""

HELD = """
from guildhall.channels.models import Delivery, Message, Quarantine, Space, SpaceMember
from guildhall.effects.models import Effect
from guildhall.people.models import Account
print(json.dumps({
    "deliveries": Delivery.objects.filter(key__startswith="we").count(),
    "spaces": Space.objects.filter(platform__in=["wecom", "wechat_oa"]).count(),
    "members": SpaceMember.objects.filter(space__platform__in=["wecom", "wechat_oa"]).count(),
    "accounts": Account.objects.filter(platform__in=["wecom", "wechat_oa"]).count(),
    "messages": Message.objects.filter(space__platform__in=["wecom", "wechat_oa"]).count(),
    "aside": Quarantine.objects.count(),
    "asked": Effect.objects.filter(kind__in=["wecom.kf_sync", "wecom.look"], cause="").count(),
}))
"""


class Forger:
    """Makes callbacks: genuine ones, and others in every way one can be wrong."""

    def __init__(self, at: Connected, seed: int) -> None:
        self.at, self.random = at, Random(seed)
        corp, other = at.fake.callback_of(at.corp), at.fake.callback_of(at.account)
        assert corp is not None
        assert other is not None
        self.corp, self.other = corp, other
        self.path = urlsplit(corp.url).path
        self.number = 0

    def event(self) -> str:
        """Somebody becomes a customer of Li Lei's; nobody twice."""
        self.number += 1
        return xml({
            "ToUserName": self.at.corp.id, "FromUserName": "sys", "CreateTime": int(time.time()),
            "MsgType": "event", "Event": "change_external_contact", "ChangeType": "add_external_contact",
            "UserID": "lilei", "ExternalUserID": f"wm{self.random.getrandbits(64):016x}{self.number}",
            "State": "proof",
        })  # fmt: skip

    def genuine(self, at: float = 0.0) -> Call:
        return self.at.fake.seal(self.corp, self.event(), int(at or time.time()))

    def forged(self) -> Iterator[tuple[str, Call]]:
        """One callback wrong in each of the ways, by name."""
        query, body = self.genuine()
        given = {name: values[0] for name, values in parse_qs(query).items()}
        encrypted = body.split(b"<Encrypt><![CDATA[")[1].split(b"]]>")[0].decode()
        dice, now = self.random, int(time.time())
        yield (
            "signature of chance",
            (urlencode({**given, "msg_signature": f"{dice.getrandbits(160):040x}"}), body),
        )
        yield "no signature", (urlencode({**given, "msg_signature": ""}), body)
        flipped = given["msg_signature"][:-1] + ("0" if given["msg_signature"][-1] != "0" else "1")
        yield "one digit of the signature", (urlencode({**given, "msg_signature": flipped}), body)
        yield "another nonce", (urlencode({**given, "nonce": given["nonce"] + "1"}), body)
        yield "another time", (urlencode({**given, "timestamp": str(now + 1)}), body)
        yield "a field twice", (query + "&nonce=1", body)
        place = dice.randrange(len(encrypted) - 4)
        letter = "A" if encrypted[place] != "A" else "B"
        changed = encrypted[:place] + letter + encrypted[place + 1 :]
        yield "cipher text changed", (query, body.replace(encrypted.encode(), changed.encode()))
        yield "another token", self.sealed("x" * 32, self.corp.aes_key, self.corp.receiver)
        key = base64.b64encode(dice.randbytes(32)).decode()[:43]
        yield "another key, signed with our token", self.sealed(self.corp.token, key, self.corp.receiver)
        yield (
            "for somebody else, with our token and key",
            self.sealed(self.corp.token, self.corp.aes_key, "ww" + "f" * 16),
        )
        yield "for our other account", self.at.fake.seal(self.other, self.event())
        noise = base64.b64encode(dice.randbytes(16 * dice.randint(1, 40))).decode()
        yield "noise, signed", (
            sealing.query(self.corp.token, now, "1", noise), sealing.envelope(self.corp.receiver, noise),
        )  # fmt: skip
        yield "in plain", (query, self.event().encode())
        yield "half a body", (query, body[: len(body) // 2])
        yield "stale", self.genuine(now - dice.randint(301, 86_400))
        yield "from the future", self.genuine(now + dice.randint(320, 86_400))

    def sealed(self, token: str, key: str, receiver: str) -> Call:
        encrypted = sealing.encrypt(key, receiver, self.event())
        return (
            sealing.query(token, int(time.time()), str(self.random.getrandbits(30)), encrypted),
            sealing.envelope(self.corp.receiver, encrypted),
        )


class Postman:
    """Brings calls to the door and keeps what it answered."""

    def __init__(self, port: int, path: str) -> None:
        self.port, self.path = port, path
        self.answers: dict[str, Counter[int]] = {}
        self._lock = threading.Lock()

    def bring(self, calls: list[tuple[str, Call]]) -> None:
        threads = [
            threading.Thread(target=self._bring, args=(calls[n::THREADS],), daemon=True)
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _bring(self, calls: list[tuple[str, Call]]) -> None:
        for name, (query, body) in calls:
            status = 503
            while status == 503:
                status = self._call(query, body)
            with self._lock:
                self.answers.setdefault(name, Counter())[status] += 1

    def _call(self, query: str, body: bytes) -> int:
        # A connection each: the door hangs up on who it refuses before the body was read.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", f"{self.path}?{query}", body, {"Content-Type": "text/xml"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()


def test_of_ten_thousand_forged_replayed_and_stale_callbacks_none_is_accepted(tmp_path):
    with connected(tmp_path) as at:
        forger = Forger(at, SEED)
        postman = Postman(at.house.port, forger.path)
        genuine = [("genuine", forger.genuine()) for _ in range(GENUINE)]
        forged = list(_many(forger.forged, FORGERIES * 7 // 10))
        mixed = [*genuine, *forged]
        Random(SEED).shuffle(mixed)
        postman.bring(mixed)
        after_forgeries = at.house.django(HELD)
        assert (
            after_forgeries["deliveries"]
            == after_forgeries["spaces"]
            == after_forgeries["members"]
            == GENUINE
        )
        replays = [("replayed", Random(n).choice(genuine)[1]) for n in range(FORGERIES - len(forged))]
        postman.bring(replays)
        after_replays = at.house.django(HELD)
        print(f"\n{len(forged)} forged or stale, {len(replays)} replayed, {GENUINE} genuine")
        for name, answers in sorted(postman.answers.items()):
            print(f"  {name}: {dict(answers)}")
        assert after_replays == after_forgeries
        assert after_replays["aside"] == 0
        assert postman.answers.pop("genuine") == {200: GENUINE}
        # A repetition within half a minute is answered like WeChat's own, and changes nothing.
        assert set(postman.answers.pop("replayed")) <= {200, 403}
        assert {status for answers in postman.answers.values() for status in answers} <= {400, 403}
        # After half a minute even that answer is over.
        old = [("late", genuine[n][1]) for n in range(20)]
        _wait_until_older(31.0, genuine[-1][1][0])
        postman.bring(old)
        assert postman.answers["late"] == {403: 20}
        assert at.house.django(HELD) == after_replays


def _many(make: Callable[[], Iterator[tuple[str, Call]]], count: int) -> Iterator[tuple[str, Call]]:
    made = 0
    while True:
        for one in make():
            if made == count:
                return
            made += 1
            yield one


def _wait_until_older(seconds: float, query: str) -> None:
    signed = int(parse_qs(query)["timestamp"][0])
    time.sleep(max(0.0, signed + seconds + 1 - time.time()))
