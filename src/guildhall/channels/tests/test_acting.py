"""Acts: refused before they are queued, done once, and only then true in our rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildhall.channels.actions import create_space, edit_space, plan, request, request_many
from guildhall.channels.actions.acting import from_payload, to_payload
from guildhall.channels.models import Message, SpaceMember
from guildhall.channels.port import Act, Button, Verb
from guildhall.channels.tests.rows import AT, a_row, a_space, an_account, record
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound, Unsupported
from guildhall.core.models import AuditEntry
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain

pytestmark = pytest.mark.django_db(transaction=True)


def cleared(text: str) -> Clearance:
    return Clearance("service", "", content_hash(text), ("test",), AT)


def test_a_message_is_removed_and_comes_back_in_its_place() -> None:
    space, ann = a_space(), an_account()
    row = a_row(space, ann, "hello")
    record(row)
    request(Act(Verb.DELETE, space.id, row.id), actor="staff:7", reason="case:1")
    assert Message.objects.get().visible
    drain()
    message = Message.objects.get()
    assert (message.visible, message.removed_by) == (False, "staff:7")
    request(Act(Verb.RESTORE, space.id, row.id), actor="staff:7", reason="case:1")
    drain()
    message = Message.objects.get()
    assert (message.visible, message.removed_at, message.text) == (True, None, "hello")
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"channels.delete.requested", "channels.delete", "channels.restore"} <= verbs


def test_a_restriction_ends_when_it_says_and_unbanning_lifts_only_a_ban() -> None:
    space, ann = a_space(), an_account()
    until = AT + timedelta(hours=1)
    for act, state in (
        (Act(Verb.RESTRICT, space.id, account_id=ann.id, until=until), "restricted"),
        (Act(Verb.UNBAN, space.id, account_id=ann.id), "restricted"),
        (Act(Verb.UNRESTRICT, space.id, account_id=ann.id), "member"),
        (Act(Verb.BAN, space.id, account_id=ann.id), "banned"),
        (Act(Verb.RESTRICT, space.id, account_id=ann.id), "banned"),
        (Act(Verb.UNRESTRICT, space.id, account_id=ann.id), "banned"),
    ):
        request(act, actor="staff:7", reason="because")
        drain()
        assert SpaceMember.objects.get().state == state, act
    request(Act(Verb.UNBAN, space.id, account_id=ann.id), actor="staff:7", reason="because")
    drain()
    assert SpaceMember.objects.get().state == "member"


def test_nothing_is_said_without_a_clearance_for_exactly_these_words() -> None:
    space = a_space()
    for clearance in (None, cleared("other words")):
        with pytest.raises(NotAllowed):
            request(Act(Verb.SEND, space.id, text="hello"), actor="staff:7", reason="x", clearance=clearance)
    assert not Effect.objects.exists()
    request(Act(Verb.SEND, space.id, text="hello"), actor="staff:7", reason="x", clearance=cleared("hello"))
    drain()
    sent = Message.objects.get()
    assert (sent.direction, sent.text, sent.visible) == ("out", "hello", True)


def test_a_warning_is_seen_by_its_addressee_only() -> None:
    space, ann = a_space(), an_account()
    act = Act(Verb.WARN, space.id, account_id=ann.id, text="please stop")
    request(act, actor="system:guard", reason="case:1", clearance=cleared("please stop"), unique_key="w1")
    request(act, actor="system:guard", reason="case:1", clearance=cleared("please stop"), unique_key="w1")
    drain()
    told = Message.objects.get()
    assert (told.account_id, told.visible) == (ann.id, False)


def test_acts_of_one_space_keep_their_order_and_a_batch_is_all_or_none() -> None:
    space, ann = a_space(), an_account()
    row = a_row(space, ann, "hello")
    record(row)
    with pytest.raises(NotFound):
        request_many(
            [Act(Verb.DELETE, space.id, row.id), Act(Verb.DELETE, space.id, "01" + "X" * 24)],
            actor="staff:1",
            reason="x",
        )
    with pytest.raises(Unsupported):
        request_many(
            [Act(Verb.DELETE, space.id, row.id), Act(Verb.PIN, space.id, row.id)], actor="s", reason="x"
        )
    assert not Effect.objects.exists()
    assert request_many([Act(Verb.DELETE, space.id, row.id)] * 2, actor="staff:1", reason="x") == 2
    assert set(Effect.objects.values_list("order_key", flat=True)) == {f"space:{space.id}"}


def test_a_message_of_another_space_is_not_found() -> None:
    here, there, ann = a_space("here"), a_space("there"), an_account()
    row = a_row(there, ann, "hello")
    record(row)
    with pytest.raises(NotFound):
        request(Act(Verb.DELETE, here.id, row.id), actor="staff:1", reason="x")


@pytest.mark.parametrize(
    "act",
    [Act(Verb.DELETE, "s"), Act(Verb.BAN, "s"), Act(Verb.SEND, "s", text="  ")],
    ids=lambda act: act.verb,
)
def test_an_act_that_names_nothing_is_bad_input(act: Act) -> None:
    from dataclasses import replace

    with pytest.raises(BadInput):
        request(replace(act, space_id=a_space().id), actor="staff:1", reason="x")


def test_an_act_survives_its_payload() -> None:
    act = Act(
        Verb.REPLY, "s", "m", "a", "text", AT, "r", (Button("Go", "https://x.io"), Button("No", data="n")),
        (("seconds", "30"),),
    )  # fmt: skip
    assert from_payload(to_payload(act)) == act


def test_a_plan_writes_nothing() -> None:
    space, ann = a_space(), an_account()
    effect = plan(Act(Verb.BAN, space.id, account_id=ann.id), cause="case:1", actor="staff:1")
    assert effect.payload["verb"] == "ban"
    assert not Effect.objects.exists()


def test_spaces_are_made_and_changed_with_every_word_checked() -> None:
    space = create_space(platform="webchat", slug="demo-en", name=" Demo\x00 EN ", by="staff:1")
    assert space.name == "Demo\ufffd EN"
    with pytest.raises(Conflict):
        create_space(platform="webchat", slug="demo-en", name="Again", by="staff:1")
    for field, value in (
        ("slug", "Demo EN"), ("name", " "), ("language", "fr"), ("region", "Singapore"), ("text_limit", 0),
        ("allowed_origins", "https://a.example; script-src *"), ("allowed_origins", "https://a.example/path"),
        ("allowed_origins", "javascript:alert(1)"), ("allowed_origins", "*"),
    ):  # fmt: skip
        said = {"platform": "webchat", "slug": "x", "name": "X", "by": "staff:1", field: value}
        with pytest.raises(BadInput) as caught:
            create_space(**said)  # type: ignore[arg-type]
        assert caught.value.field == field
    edited = edit_space(
        space.id, by="staff:1", name="Renamed", allowed_origins="https://a.example\nhttp://localhost:3000"
    )
    assert edited.settings["allowed_origins"] == ["https://a.example", "http://localhost:3000"]
    assert edited.settings["text_limit"] == 4000
    with pytest.raises(BadInput):
        edit_space(space.id, by="staff:1", platform="telegram")
