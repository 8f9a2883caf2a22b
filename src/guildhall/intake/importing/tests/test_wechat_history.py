"""The text of a WeChat group becomes its past: marked as by hand, once however often it is imported, and taken
back whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.models import Message, SpaceMember
from guildhall.channels.wecom.assisted import groups
from guildhall.core.errors import BadInput, Conflict
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard.actions import deciding
from guildhall.guard.models import Case
from guildhall.intake.importing import actions, files
from guildhall.intake.models import Import
from guildhall.people.models import Account

pytestmark = pytest.mark.django_db
BY = "staff:1"
TEXT = """张三 2024/1/5 10:22:00
大家早上好，看 https://example.org/rates

Lee Wei 2024/1/5 10:23:31
[图片]
"张三"邀请"李四"加入了群聊

张三 2024/1/6 9:00:00
gm
"""


def imported(space: Any, text: str, tmp_path: Path, confirm: bool = True) -> Import:
    path = tmp_path / "chat.txt"
    path.write_text(text, encoding="utf-8")
    taken = files.receive_from(path, f"chat-{Import.objects.count()}", "history")
    made = actions.begin("history", taken, file_name="chat.txt", spaces=[space], by=BY)
    drain()
    if confirm:
        actions.confirm(made.pk, BY, {})
        drain()
    made.refresh_from_db()
    return made


def test_a_pasted_chat_becomes_the_past_of_its_group(tmp_path: Path) -> None:
    (space,) = groups.add_groups(["1群"], by=BY)
    one = imported(space, TEXT, tmp_path)
    assert (one.state, one.format, one.rows_done) == ("done", "wechat-text", 4)
    first, second, third = Message.objects.order_by("sent_at")
    assert first.extra == {"imported": one.pk, "by_hand": BY}
    assert [link["url"] for link in first.links] == ["https://example.org/rates"]
    assert second.media[0]["kind"] == "photo"
    assert third.account_id == first.account_id
    assert set(Account.objects.values_list("display_name", flat=True)) == {"张三", "Lee Wei", "李四"}
    assert SpaceMember.objects.get(account__display_name="李四").joined_at is not None
    assert not Effect.objects.filter(kind="channels.act").exists()


def test_what_overlaps_with_an_earlier_text_is_there_once(tmp_path: Path) -> None:
    (space,) = groups.add_groups(["1群"], by=BY)
    imported(space, TEXT, tmp_path)
    again = imported(space, TEXT + "\n李四 2024/1/6 9:01:00\n早\n", tmp_path)
    assert Message.objects.count() == 4
    assert again.counts["already"] == 3


def test_the_same_name_in_two_groups_is_two_people(tmp_path: Path) -> None:
    for space in groups.add_groups(["1群", "2群"], by=BY):
        imported(space, TEXT, tmp_path)
    assert Account.objects.filter(display_name="张三").count() == 2
    assert Message.objects.count() == 6


def test_an_import_is_looked_at_first_and_taken_back_whole(tmp_path: Path) -> None:
    (space,) = groups.add_groups(["1群"], by=BY)
    one = imported(space, TEXT, tmp_path, confirm=False)
    assert one.state == "preview"
    assert (one.result["talk"], one.result["people"], one.result["joins"]) == (3, 3, 1)
    assert one.result["from"].startswith("2024-01-05T02:22")
    actions.confirm(one.pk, BY, {})
    drain()
    actions.undo(one.pk, BY)
    drain()
    assert not Message.objects.exists()
    assert not SpaceMember.objects.exists()


def test_what_is_no_chat_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (space,) = groups.add_groups(["1群"], by=BY)
    one = imported(space, "just some words\n", tmp_path, confirm=False)
    assert one.state == "failed"
    assert "names and times" in one.problem["en"]
    with pytest.raises(BadInput):
        imported(space, "", tmp_path, confirm=False)


SCAM = """骗子 2024/1/5 10:22:00
官方客服：您的账户异常，请立即在 https://anquan-88.cc 输入助记词验证，否则资产将被冻结

张三 2024/1/5 10:23:00
大家早上好
"""


def test_the_guard_looks_at_it_only_when_asked_and_only_puts_it_before_a_person(tmp_path: Path) -> None:
    (space,) = groups.add_groups(["1群"], by=BY)
    one = imported(space, SCAM, tmp_path)
    assert not Case.objects.exists()
    actions.begin_judging(one.pk, BY)
    drain()
    one.refresh_from_db()
    assert (one.counts["judged"], one.counts["doubtful"]) == (2, 1)
    case = Case.objects.get()
    assert (case.state, case.enacted) == ("open", [])
    assert not Effect.objects.filter(kind="channels.act").exists()
    with pytest.raises(Conflict):
        actions.begin_judging(one.pk, BY)
    upheld = deciding.uphold(case.pk, BY)
    assert "微信无法撤回" in upheld.manual_step["zh"]
    assert not Effect.objects.filter(kind="channels.act").exists()
