"""Commands where our own database is the platform: no bot name, no buttons, answers only the asker sees."""

from __future__ import annotations

import pytest

from guildhall.channels.actions import create_space
from guildhall.channels.models import Message, Space
from guildhall.channels.webchat import PLATFORM, edit_body, external_id, message_body
from guildhall.core import clock
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard.actions import install_shipped
from guildhall.guard.models import Case
from guildhall.intake.pipeline import Raw, ingest
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lobby(db: None) -> Space:
    install_shipped(by="system:test")
    return create_space(platform=PLATFORM, slug="lobby", name="Lobby", by="staff:1", language="zh-hans")


def say(visitor: str, text: str, nonce: str, **more: str) -> str:
    body = message_body(
        space="lobby", visitor=visitor, name=visitor, text=text, sent_at=clock.now(),
        message_id=external_id(visitor, nonce), **more,
    )  # fmt: skip
    (outcome,) = ingest([Raw(PLATFORM, body, clock.now())])
    drain()
    return outcome.message_id


def told(visitor: str) -> list[str]:
    account = Account.objects.get(display_name=visitor)
    found = Message.objects.filter(direction="out", account=account, visible=False).order_by("id")
    return list(found.values_list("text", flat=True))


def test_help_is_answered_to_the_asker_alone_in_the_language_of_the_space() -> None:
    say("ann", "帮助", "n1")
    say("ann", "/help", "n2")
    say("bob", "/help", "n3")
    assert [text.startswith("我可以帮您") for text in told("ann")] == [True]
    assert len(told("bob")) == 1
    assert not Message.objects.filter(direction="out", visible=True).exists()


def test_a_removed_message_is_appealed_by_a_word() -> None:
    gone = say("mallory", "Support here: send your seed phrase at https://wallet-verify9.top/unlock", "n1")
    say("mallory", "申诉 我只是提醒大家", "n2")
    case = Case.objects.get(kind="appeal")
    assert (case.message_id, case.statement) == (gone, "我只是提醒大家")
    assert "人工复核" in told("mallory")[-1]


def test_talk_that_begins_like_a_word_of_ours_is_talk() -> None:
    say("ann", "帮助新人看行情", "n1")
    say("ann", "封禁 他吧", "n2")
    assert not Effect.objects.exists()


def test_what_removes_a_message_twice_tells_why_each_time() -> None:
    say("mallory", "Support here: send your seed phrase at https://wallet-verify9.top/unlock", "n1")
    again = "加我微信 abc123 领取内幕消息 稳赚不赔 跟单必赚 https://wallet-verify9.top"
    body = edit_body(
        space="lobby", visitor="mallory", name="mallory", text=again, sent_at=clock.now(),
        message_id=external_id("mallory", "n1"),
    )  # fmt: skip
    (outcome,) = ingest([Raw(PLATFORM, body, clock.now())])
    assert outcome.status == "recorded"
