"""WeCom's callbacks from their bytes to committed: verified, decrypted, recorded, answered by a web server.

`python -m benchmarks.wecom [CALLBACKS]` on the database of DATABASE_URL, or SQLite (synchronous=FULL) in a
temporary folder. Callbacks are sealed by the fake WeChat's own cryptography: 40 % changes of customer groups,
30 % hints of 微信客服, 20 % customers added or lost, 10 % messages of followers of an Official Account. CPU
seconds are those of the web processes. Baseline: the bare message rows through raw multi-row inserts.
"""

from __future__ import annotations

import http.client
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.house import House

from benchmarks.intake import baseline
from benchmarks.machine import Figure, machine, percentile, report
from benchmarks.telegram import cpu_of
from guildhall.channels.telegram import HOOK_CONNECTIONS
from guildhall.channels.testing.wecom import sealing
from guildhall.channels.testing.wecom.world import xml

FLOOR = 1_000
RATE, SECONDS = 200, 15
CORP, APP = "ww0123456789abcdef", "wx0123456789abcdef"
GROUPS, DESKS, CUSTOMERS, FOLLOWERS, STAFF = 200, 5, 2_000, 2_000, 20
Sealed = tuple[str, str, bytes]
"""Path, query and body of a call."""


def plain(number: int, random: Random) -> tuple[str, str]:
    """(whose, document) of one callback."""
    dice, now = random.random(), int(time.time())
    head = {"ToUserName": CORP, "FromUserName": "sys", "CreateTime": now, "MsgType": "event"}
    if dice < 0.4:
        return CORP, xml({
            **head, "Event": "change_external_chat", "ChangeType": "update", "UpdateDetail": "add_member",
            "ChatId": f"wrBench{random.randrange(GROUPS)}", "JoinScene": 3, "MemChangeCnt": 1,
            "MemChangeList": [f"wmNew{number}"], "LastMemVer": f"a{number}", "CurMemVer": f"b{number}",
        })  # fmt: skip
    if dice < 0.7:
        desk = f"wkBench{random.randrange(DESKS)}"
        return CORP, xml({**head, "Event": "kf_msg_or_event", "Token": f"t{number}", "OpenKfId": desk})
    if dice < 0.9:
        change = "add_external_contact" if random.random() < 0.8 else "del_follow_user"
        return CORP, xml({
            **head, "Event": "change_external_contact", "ChangeType": change, "State": "spring",
            "UserID": f"staff{random.randrange(STAFF)}", "WelcomeCode": f"code{number}",
            "ExternalUserID": f"wmBench{random.randrange(CUSTOMERS)}", "Source": number,
        })  # fmt: skip
    return APP, xml({
        "ToUserName": "gh_bench", "FromUserName": f"oBench{random.randrange(FOLLOWERS)}", "CreateTime": now,
        "MsgType": "text", "Content": f"手续费怎么算？ {number}", "MsgId": str(10**15 + number),
    })  # fmt: skip


def sealed(count: int, first: int, keys: dict[str, tuple[str, str, str]]) -> list[Sealed]:
    """Callbacks as WeChat would send them now. `keys`: (path, token, key) by whose they are."""
    random, made = Random(first), []
    for number in range(first, first + count):
        whose, document = plain(number, random)
        path, token, key = keys[whose]
        encrypted = sealing.encrypt(key, whose, document)
        query = sealing.query(token, int(time.time()), str(number), encrypted)
        made.append((path, query, sealing.envelope(whose, encrypted)))
    return made


def furnish() -> dict[str, tuple[str, str, str]]:
    """A corporation and an Official Account; the (path, token, key) of their callbacks."""
    from django.db import transaction

    from guildhall.channels.wecom import accounts
    from guildhall.channels.wecom.models import WechatAccount, WecomCorp

    keys = {}
    with transaction.atomic():
        corp = WecomCorp.objects.create(corpid=CORP, name="Bench", created_by="system:bench")
        public = WechatAccount.objects.create(appid=APP, name="Bench", created_by="system:bench")
        for whose, prefix, row in ((CORP, accounts.CORP_PATH, corp), (APP, accounts.ACCOUNT_PATH, public)):
            accounts.make_callback_words(whose, "system:bench")
            keys[whose] = (prefix + row.pk, *accounts.callback_words(whose))
    return keys


class Caller(threading.Thread):
    """Calls over one kept connection, as WeChat does; keeps how long each call took."""

    def __init__(self, port: int, calls: Sequence[Sealed], rate: float) -> None:
        super().__init__(daemon=True)
        self.port, self.calls, self.rate = port, calls, rate
        self.waits: list[float] = []
        self.refused = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        random, due = Random(self.name), time.perf_counter()
        for path, query, body in self.calls:
            if self.rate:
                due += random.expovariate(self.rate)
                time.sleep(max(0.0, due - time.perf_counter()))
            status, began = 0, time.perf_counter()
            while status != 200:
                connection.request("POST", f"{path}?{query}", body, {"Content-Type": "text/xml"})
                answer = connection.getresponse()
                answer.read()
                status = answer.status
                self.refused += status != 200
                if status not in (200, 503):
                    raise AssertionError(f"a genuine callback was answered {status}")
            self.waits.append(time.perf_counter() - began)
        connection.close()


def offer(port: int, calls: Sequence[Sealed], rate: float) -> list[Caller]:
    """Make these calls; `rate` a second together, 0 for as fast as they are answered."""
    callers = [
        Caller(port, calls[n::HOOK_CONNECTIONS], rate / HOOK_CONNECTIONS) for n in range(HOOK_CONNECTIONS)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return callers


def stored() -> int:
    from guildhall.channels.models import Delivery

    return Delivery.objects.count()


def measure(
    house: House, count: int, database: str, bare: float, keys: dict[str, tuple[str, str, str]]
) -> None:
    """How long a call takes beside workers, and what it costs the web processes."""
    web = [pid for pid, name in house.processes().items() if name.startswith("web")]
    offer(house.port, sealed(1_000, 1_000_000, keys), 0)
    paced = offer(house.port, sealed(RATE * SECONDS, 2_000_000, keys), RATE)
    waits = [wait for caller in paced for wait in caller.waits]
    print(f"  {len(waits):,} paced calls, {sum(c.refused for c in paced)} of them asked to come again")
    for share in (0.5, 0.99):
        report(
            Figure(
                "wecom", f"callback, p{share * 100:.0f} to 200 at {RATE}/s beside workers and ticker",
                percentile(waits, share) * 1000, "ms", database,
            )
        )  # fmt: skip
    calls = sealed(count, 3_000_000, keys)
    before, cpu, wall = stored(), cpu_of(web), time.perf_counter()
    offer(house.port, calls, 0)
    spent, took = cpu_of(web) - cpu, time.perf_counter() - wall
    assert stored() - before == count, f"{stored() - before} of {count} recorded"
    print(f"  {count:,} calls in {took:.1f} s, {spent:.2f} s of web's CPU")
    report(
        Figure(
            "wecom", "callback verified, decrypted, committed and answered, the web processes", count / spent,
            "callbacks per CPU second", database, baseline="bare rows inserted", ratio=count / spent / bare,
            floor=FLOOR,
        )
    )  # fmt: skip


def main(count: int) -> None:
    url = os.environ.get("DATABASE_URL", "")
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        # Nothing answers there: what the callbacks ask for is queued and waits.
        nowhere = {"GUILDHALL_WECOM_API": "http://127.0.0.1:9", "GUILDHALL_WECHAT_API": "http://127.0.0.1:9"}
        house = House(Path(folder) / "house", url, {"GUILDHALL_LOG_LEVEL": "warning", **nowhere})
        os.environ.update(house.settings())
        try:
            from guildhall.cli.app import start_django

            settings = start_django()
            from django.db import connection

            from guildhall.cli.prepare import prepare

            prepare(settings)
            keys = furnish()
            bare = baseline(5_000, space())
            house.start()
            measure(house, count, connection.vendor, bare, keys)
        finally:
            house.kill()


def space() -> str:
    """A space to put the baseline's rows into."""
    from guildhall.channels import actions

    made = actions.create_space(platform="webchat", slug="bare", name="Bare", by="system:bench")
    return str(made.pk)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
