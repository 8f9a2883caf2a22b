"""A real house connected to a corporation and an Official Account at a fake WeChat in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from guildhall.channels.testing.wecom import Account, Corp, FakeWecom
from tests.house import House
from tests.proof.fire import PATIENCE_S

CONNECT = """
from guildhall.channels.wecom import accounts, official
corp = accounts.add_corp(%r, %r, "system:proof", kf_secret=%r)
public = official.add_account(%r, %r, "system:proof")
accounts.sync_desks(corp)
print(json.dumps([[row.pk, *accounts.callback_words(name)]
    for row, name in ((corp, corp.corpid), (public, public.appid))]))
"""


@dataclass(slots=True)
class Connected:
    """What stands at both ends; callbacks go to the house's own port."""

    house: House
    fake: FakeWecom
    corp: Corp
    account: Account
    desk: str


@contextmanager
def connected(folder: Path, **environment: str) -> Iterator[Connected]:
    """A started house whose callback addresses the fake has confirmed."""
    with FakeWecom() as fake:
        corp, account = fake.add_corp(), fake.add_account()
        fake.add_staff(corp, "lilei", "李雷")
        desk = fake.add_kf(corp, "Desk")
        house = House(
            folder / "data",
            database_url=os.environ.get("DATABASE_URL", ""),
            environment={
                "GUILDHALL_WECOM_API": fake.url,
                "GUILDHALL_WECHAT_API": fake.url,
                "GUILDHALL_DEMO": "off",
                **environment,
            },
        )
        house.start(PATIENCE_S)
        try:
            said = house.django(
                CONNECT % (corp.id, corp.secrets["contact"], corp.secrets["kf"], account.id, account.secret)
            )
            for owner, prefix, (pk, token, key) in zip(
                (corp, account), ("wecom", "wechat"), said, strict=True
            ):
                address = f"http://127.0.0.1:{house.port}/hooks/{prefix}/{pk}"
                assert fake.set_callback(owner, address, token, key) == ""
            yield Connected(house, fake, corp, account, desk)
        finally:
            house.__exit__()
