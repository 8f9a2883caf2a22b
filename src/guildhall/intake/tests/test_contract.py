"""Every platform keeps the contract of intake."""

from __future__ import annotations

import orjson

from guildhall.channels.actions import create_space
from guildhall.channels.tests import test_contract as ours
from guildhall.channels.tests import test_discord_contract as discord
from guildhall.channels.tests import test_email_contract as email
from guildhall.channels.tests import test_telegram_contract as telegram
from guildhall.channels.tests import test_wecom_contract as wecom
from guildhall.intake.testing.contract import IntakeContract


class TestTelegramIntake(IntakeContract):
    of = telegram.TestTelegram

    def numbered(self, body: bytes, number: int) -> bytes:
        whole = orjson.loads(body)
        whole["update"]["update_id"] = number
        return orjson.dumps(whole)


class TestWebchatIntake(IntakeContract):
    of = ours.TestWebchat

    def placed(self) -> None:
        create_space(platform="webchat", slug="contract", name="Contract", by="staff:1")


class TestReplayIntake(IntakeContract):
    of = ours.TestReplay

    def placed(self) -> None:
        create_space(platform="webchat", slug="contract", name="Contract", by="staff:1")


class TestDiscordIntake(IntakeContract):
    of = discord.TestDiscord

    def numbered(self, body: bytes, number: int) -> bytes:
        return orjson.dumps(orjson.loads(body) | {"s": 7 * number})


class TestEmailIntake(IntakeContract):
    of = email.TestEmail

    def numbered(self, body: bytes, number: int) -> bytes:
        return orjson.dumps({**orjson.loads(body), "uid": f"7:{100 + number}"})


class TestWecomIntake(IntakeContract):
    of = wecom.TestWecom


class TestWechatOaIntake(IntakeContract):
    of = wecom.TestWechatOa
