"""Pictures and people's looks, from what Telegram delivers to what becomes of it: the real pipeline, the real
reader of pictures, the practice Telegram.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.models import Message, SpaceMember
from guildhall.channels.tests.telegram_town import Town, in_town, settle
from guildhall.core import clock
from guildhall.core.errors import Conflict
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard import actions, freshness
from guildhall.guard.models import Case, HandMeasure, Picture, Portrait, Suspect, VerdictRecord
from guildhall.guard.policies import active_for
from guildhall.guard.tests import drawn
from guildhall.guard.types import Mode
from guildhall.intake.tests.updates import chat, message, raw, take
from guildhall.people.models import Account, Member, Staff
from guildhall.people.roles import Role
from guildhall.people.testing import client_for

pytestmark = pytest.mark.django_db

LURE = ("Connect your wallet and enter", "your seed phrase to claim", "the official OKX airdrop")


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    freshness.forget()
    actions.install_shipped(by="system:test")
    with in_town(monkeypatch, tmp_path) as tg:
        found = settle(tg)
        actions.assign_policy(found.space.id, "default", "system:test")
        assert active_for(found.space.id).mode is Mode.ACT
        yield found
    freshness.forget()


def posts(
    town: Town, user: int, data: bytes, caption: str = "", *, file: dict[str, Any] | None = None
) -> Message:
    """A member posts a picture, and it comes in as Telegram would tell it."""
    photo = file or town.tg.upload("photo", data)
    number = town.tg.say(town.chat, user, caption or None, photo=[photo])
    body = message(
        "", number=number, at=int(clock.now().timestamp()), chat=chat(town.chat), photo=[photo],
        **{"from": whom(town, user)},
    )  # fmt: skip
    if caption:
        body["caption"] = caption
    outcome = take(raw("message", body, bot=town.bot.id))[0]
    return Message.objects.get(pk=outcome.message_id)


def whom(town: Town, user: int) -> dict[str, Any]:
    return {
        "id": user,
        "is_bot": False,
        **{k: v for k, v in town.tg.world.users[user].items() if "name" in k},
    }


def newcomer(town: Town, name: str, username: str | None = None) -> int:
    user = town.tg.add_user(name, username)
    town.tg.join(town.chat, user)
    return int(user)


def joins(town: Town, user: int) -> None:
    body = {
        "chat": chat(town.chat), "from": whom(town, user), "date": 1_795_000_000,
        "old_chat_member": {"status": "left", "user": whom(town, user)},
        "new_chat_member": {"status": "member", "user": whom(town, user)},
    }  # fmt: skip
    take(raw("chat_member", body, bot=town.bot.id))


def one_of_us(name: str) -> None:
    Staff.objects.create(email=f"{name.partition(' ')[0].lower()}@house.example", name=name)
    freshness.forget()


def a_colleague(town: Town, name: str, username: str) -> Account:
    """Somebody of ours who is in the group, under the eyes of everybody."""
    one_of_us(name)
    user = newcomer(town, name, username)
    joins(town, user)
    account = Account.objects.get(external_id=str(user))
    Account.objects.filter(pk=account.pk).update(is_staff=True)
    account.refresh_from_db()
    return account


def test_a_scam_that_stands_only_on_a_picture_is_removed_when_it_was_read(town: Town) -> None:
    user = newcomer(town, "Bob")
    sent = posts(town, user, drawn.stored(drawn.words(*LURE)), "look")
    assert sent.visible
    drain()
    sent.refresh_from_db()
    case = Case.objects.get(message=sent, kind="verdict")
    assert any(one["rule"].startswith("THEFT") for one in case.verdict.reasons)
    assert sent.removed_at is not None
    assert town.calls("deleteMessage")


def test_a_code_on_a_picture_counts_as_the_link_it_is(town: Town) -> None:
    actions.add_domain("evil-drain.example", "block", "system:test")
    sent = posts(town, newcomer(town, "Bob"), drawn.stored(drawn.code("https://evil-drain.example/claim")))
    drain()
    verdict = VerdictRecord.objects.filter(message=sent).latest("id")
    assert {"LINK-1", "IMG-2"} <= {one["rule"] for one in verdict.reasons}
    sent.refresh_from_db()
    assert sent.removed_at is not None


def test_an_honest_picture_changes_nothing(town: Town) -> None:
    sent = posts(town, newcomer(town, "Bob"), drawn.stored(drawn.words("BTC 4h chart", "support at 61200")))
    drain()
    sent.refresh_from_db()
    assert sent.visible
    assert not Case.objects.filter(message=sent).exclude(kind=Case.Kind.SAMPLE).exists()
    assert Picture.objects.get().words


def test_a_picture_passed_on_is_judged_at_once_and_read_once(town: Town) -> None:
    data = drawn.stored(drawn.words(*LURE))
    file = town.tg.upload("photo", data)
    posts(town, newcomer(town, "Bob"), data, file=file)
    drain()
    again = posts(town, newcomer(town, "Eve"), data, file=file)
    assert Case.objects.filter(message=again).exists()
    assert Picture.objects.count() == 1
    assert len(town.calls("getFile")) == 1


def test_a_picture_a_moderator_removed_is_known_when_it_comes_back_smaller(town: Town) -> None:
    look = drawn.face(7)
    first = posts(town, newcomer(town, "Bob"), drawn.stored(look))
    drain()
    case = actions.report_message(first.id, "staff:1", "advertising")
    actions.uphold(case.id, "staff:1")
    assert Picture.objects.get().state == Picture.State.BAD
    drain()
    second = posts(town, newcomer(town, "Eve"), drawn.stored(look.resize((160, 160)), "JPEG", quality=40))
    drain()
    assert "IMG-1" in {
        one["rule"] for one in VerdictRecord.objects.filter(message=second).latest("id").reasons
    }
    second.refresh_from_db()
    assert second.removed_at is not None


def test_a_picture_called_fine_is_never_held_against_anybody(town: Town) -> None:
    data = drawn.stored(drawn.face(9))
    for name in ("Bob", "Eve", "Mallory", "Trent"):
        posts(town, newcomer(town, name), data, file=None)
    drain()
    for picture in Picture.objects.all():
        actions.decide_picture(picture.id, "fine", "staff:1")
    last = posts(town, newcomer(town, "Zoe"), data)
    drain()
    actions.decide_picture(Picture.objects.latest("id").id, "fine", "staff:1")
    assert not Case.objects.filter(message=last).exclude(kind=Case.Kind.SAMPLE).exists()


def test_a_picture_that_cannot_be_read_says_why_and_holds_nothing_up(town: Town) -> None:
    sent = posts(town, newcomer(town, "Bob"), b"PK\x03\x04" + b"0" * 2_000)
    drain()
    picture = Picture.objects.get()
    assert picture.problem["en"].startswith("The picture cannot be opened")
    assert picture.read_at is not None
    sent.refresh_from_db()
    assert sent.visible


def test_while_telegram_is_down_the_picture_waits(town: Town) -> None:
    posts(town, newcomer(town, "Bob"), drawn.stored(drawn.code("x")))
    town.tg.misbehave(rate_5xx=1.0, methods=("getFile",))
    drain()
    assert Picture.objects.get().read_at is None
    assert Effect.objects.filter(kind="guard.picture", state="queued").exists()


def test_who_joins_under_the_name_of_staff_is_shown_to_a_person_before_they_write(town: Town) -> None:
    one_of_us("Olga Petrova")
    joins(town, newcomer(town, "Оlga Реtrоva", "olga_petrova_help"))
    found = Suspect.objects.get()
    assert (found.occasion, found.state) == ("join", "open")
    assert found.reasons[0]["rule"] == "WHO-1"


def test_who_takes_such_a_name_later_is_shown_too(town: Town) -> None:
    one_of_us("Olga Petrova")
    user = newcomer(town, "Bob")
    joins(town, user)
    assert not Suspect.objects.exists()
    body = message(
        "hello there everybody",
        chat=chat(town.chat),
        **{"from": {**whom(town, user), "first_name": "Olga Petrova"}},
    )
    take(raw("message", body, bot=town.bot.id))
    assert Suspect.objects.get().occasion in ("rename", "message")


def test_staff_and_everyday_names_are_not_suspected(town: Town) -> None:
    a_colleague(town, "Olga Petrova", "olga_real")
    Suspect.objects.all().delete()
    colleague = Account.objects.get(is_staff=True)
    body = message("hello", chat=chat(town.chat), **{"from": whom(town, int(colleague.external_id))})
    take(raw("message", body, bot=town.bot.id))
    for name in ("Olga", "Peter", "王小明", "Max Power", "Olga Ivanova"):
        joins(town, newcomer(town, name))
    assert not Suspect.objects.exists()


def test_whose_picture_copies_that_of_staff_is_suspected_and_their_messages_weigh_more(town: Town) -> None:
    colleague = a_colleague(town, "Olga Petrova", "olga_real")
    Suspect.objects.all().delete()
    look = drawn.face(5)
    town.tg.show_face(int(colleague.external_id), drawn.stored(look))
    from guildhall.guard.actions.people import have_staff_looked_at

    have_staff_looked_at()
    drain()
    assert Portrait.objects.get(account=colleague).fingerprint is not None
    user = newcomer(town, "Anna B")
    town.tg.show_face(user, drawn.stored(look.resize((160, 160)), "JPEG", quality=50))
    joins(town, user)
    drain()
    copy = Portrait.objects.get(account__external_id=str(user))
    assert copy.looks_like == "Olga Petrova"
    assert [one["rule"] for one in Suspect.objects.get().reasons] == ["WHO-4"]
    body = message("hi all, nice to meet you", chat=chat(town.chat), **{"from": whom(town, user)})
    take(raw("message", body, bot=town.bot.id))
    assert "WHO-4" in {one["rule"] for one in VerdictRecord.objects.latest("id").reasons}


def test_a_bio_that_claims_an_office_is_suspected(town: Town) -> None:
    user = newcomer(town, "Anna B")
    town.tg.show_face(user, bio="Official support of Binance, write to me for help")
    joins(town, user)
    drain()
    assert [one["rule"] for one in Suspect.objects.get().reasons] == ["WHO-5"]


def test_a_confirmed_impersonator_is_banned_everywhere_and_decided_once(town: Town) -> None:
    one_of_us("Olga Petrova")
    user = newcomer(town, "Olga Petrova")
    joins(town, user)
    found = Suspect.objects.get()
    settled = actions.confirm_suspect(found.id, "staff:1")
    assert (settled.banned, settled.failed) == (1, ())
    drain()
    assert SpaceMember.objects.get(account=found.account).state == "banned"
    assert HandMeasure.objects.get().reason == "impersonation"
    with pytest.raises(Conflict):
        actions.clear_suspect(found.id, "staff:2")


def test_who_was_cleared_is_not_asked_about_again_for_the_same_looks(town: Town) -> None:
    one_of_us("Olga Petrova")
    user = newcomer(town, "Olga Petrova")
    joins(town, user)
    actions.clear_suspect(Suspect.objects.get().id, "staff:1")
    body = message("good morning", chat=chat(town.chat), **{"from": whom(town, user)})
    take(raw("message", body, bot=town.bot.id))
    assert Suspect.objects.filter(state="open").count() == 0


def test_a_hundred_who_join_at_once_are_looked_at_in_one_go(town: Town) -> None:
    one_of_us("Olga Petrova")
    users = [newcomer(town, f"Guest {n}") for n in range(99)] + [newcomer(town, "Olga Petrova")]
    take(
        *(
            raw(
                "chat_member",
                {
                    "chat": chat(town.chat), "from": whom(town, user), "date": 1_795_000_000,
                    "old_chat_member": {"status": "left", "user": whom(town, user)},
                    "new_chat_member": {"status": "member", "user": whom(town, user)},
                },
                bot=town.bot.id,
            )
            for user in users
        )
    )  # fmt: skip
    assert Suspect.objects.count() == 1
    assert Member.objects.count() >= 100


def test_the_message_page_shows_what_stood_on_the_picture_and_takes_a_decision_about_it(town: Town) -> None:
    sent = posts(town, newcomer(town, "Bob"), drawn.stored(drawn.code("https://example.com/qr")))
    drain()
    client = client_for(Role.MODERATOR)
    page = client.get(f"/messages/{sent.id}/").content.decode()
    assert "https://example.com/qr" in page
    picture = Picture.objects.get()
    client.post(f"/pictures/{picture.id}/decide/", {"state": "bad", "message": sent.id})
    assert Picture.objects.get().state == "bad"
    client.post(f"/pictures/{picture.id}/decide/", {"state": "undecided", "message": sent.id})
    assert Picture.objects.get().state == ""
    client.post(f"/pictures/{picture.id}/decide/", {"state": "nonsense", "message": sent.id})
    assert Picture.objects.get().state == ""
