"""What becomes of imports: nothing before somebody confirms it, nothing doubled by doing it again or by a kill,
nothing left of it when it is undone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from guildhall.channels import registry
from guildhall.channels.models import Message, SearchDoc, Space, SpaceMember, Topic
from guildhall.channels.queries import search
from guildhall.channels.tests.rows import a_row, a_space, an_account, record
from guildhall.core.errors import Conflict
from guildhall.effects.models import Effect
from guildhall.effects.testing import drain
from guildhall.guard.models import Case, DomainEntry, PolicyVersion
from guildhall.intake.importing import actions, files, queries
from guildhall.intake.importing.actions import history, lifecycle
from guildhall.intake.importing.tests.test_lists import ROSE
from guildhall.intake.models import Import, ImportedMember
from guildhall.people.actions import erase_member
from guildhall.people.models import Account, Member

pytestmark = pytest.mark.django_db
BY = "staff:1"


def begin(tmp_path: Path, kind: str, data: bytes, *spaces: Space) -> Import:
    path = tmp_path / f"upload-{len(data)}"
    path.write_bytes(data)
    made = actions.begin(
        kind, files.receive_from(path, path.name, kind), file_name="a.txt", spaces=spaces, by=BY
    )
    drain()
    made.refresh_from_db()
    return made


def go(one: Import, **options: Any) -> Import:
    actions.confirm(one.id, BY, options)
    drain()
    one.refresh_from_db()
    return one


def undone(one: Import) -> Import:
    actions.undo(one.id, BY)
    drain()
    one.refresh_from_db()
    return one


def state_of(space: Space, external: str) -> str:
    return SpaceMember.objects.get(space=space, account__external_id=external).state


BANS = b"user_id,reason\n1001,scam\n1002,\nwhat,x\n1003,staff\n"


def test_bans_happen_after_a_preview_spare_staff_and_are_lifted_together(tmp_path: Path) -> None:
    space = a_space()
    ann = an_account("Ann")
    Account.objects.filter(pk=ann.pk).update(external_id="1001")
    Account.objects.filter(pk=an_account("Boss").pk).update(external_id="1003", is_staff=True)
    one = begin(tmp_path, "bans", BANS, space)
    assert one.state == "preview"
    assert (one.counts["known"], one.counts["new"], one.bad_rows) == (2, 1, 1)
    assert not SpaceMember.objects.exists()
    assert [row["raw"] for row in files.bad_rows(one.id)] == ["what,x"]

    go(one)
    assert one.state == "done"
    assert (one.counts["asked"], one.counts["protected"]) == (2, 1)
    assert [state_of(space, "1001"), state_of(space, "1002")] == ["banned", "banned"]
    assert queries.carried_out(one).done == 2
    assert ImportedMember.objects.get(account=ann).reason == "scam"
    bans = Effect.objects.filter(kind="channels.act")
    assert {effect.priority for effect in bans} == {900}
    assert not bans.filter(order_key=f"space:{space.id}").exists()

    again = go(begin(tmp_path, "bans", BANS + b"\n", space))
    assert (again.counts.get("asked", 0), again.counts["already"]) == (0, 2)

    undone(one)
    assert one.state == "undone"
    assert "banned" not in (state_of(space, "1001"), state_of(space, "1002"))


def test_erasing_a_person_forgets_why_a_list_banned_them_and_the_file_takes_its_names_along(
    tmp_path: Path,
) -> None:
    one = go(begin(tmp_path, "bans", BANS, a_space()))
    account = Account.objects.get(external_id="1001")
    erase_member(account.member_id, by=BY)
    assert ImportedMember.objects.get(account=account).reason == ""
    assert one.result["sample"]
    actions.remove_file(one.id, BY)
    one.refresh_from_db()
    assert "sample" not in one.result


def test_only_people_seen_here_are_banned_when_that_was_chosen(tmp_path: Path) -> None:
    space = a_space()
    Account.objects.filter(pk=an_account("Ann").pk).update(external_id="1001")
    one = go(begin(tmp_path, "bans", BANS, space), only_known=True)
    assert (one.counts["asked"], one.counts["left_out"]) == (1, 2)
    assert not Account.objects.filter(external_id="1002").exists()


def test_a_file_nobody_can_read_fails_with_the_reason_in_both_languages(tmp_path: Path) -> None:
    one = begin(tmp_path, "bans", b"dear diary\ntoday\n", a_space())
    assert one.state == "failed"
    assert one.problem["en"]
    assert one.problem["zh"]


def test_rules_become_a_draft_and_nothing_punishes_before_it_is_approved(tmp_path: Path) -> None:
    space = a_space()
    one = begin(tmp_path, "rules", json.dumps(ROSE).encode(), space)
    assert not PolicyVersion.objects.exists()
    go(one)
    assert one.state == "done"
    version = PolicyVersion.objects.get(pk=one.result["version"])
    assert (version.state, version.policy.slug) == ("draft", "lobby")
    assert "evil-airdrop.com" in version.source_yaml
    assert not DomainEntry.objects.exists()
    space.refresh_from_db()
    assert space.settings["rules_zh"] == ROSE["data"]["rules"]["content"]  # type: ignore[index]
    undone(one)
    version.refresh_from_db()
    space.refresh_from_db()
    assert (version.state, space.settings["rules_zh"]) == ("retired", "")


def test_domains_are_blocked_at_once_only_when_somebody_chose_so_and_are_taken_off_again(
    tmp_path: Path,
) -> None:
    one = go(begin(tmp_path, "rules", json.dumps(ROSE).encode(), a_space()), on_list=True)
    assert set(DomainEntry.objects.values_list("domain", flat=True)) == {"evil-airdrop.com", "fake-okx.net"}
    undone(one)
    assert not DomainEntry.objects.exists()


def said(number: int, text: Any = "", who: int = 42, **more: Any) -> dict[str, Any]:
    return {"id": number, "type": "message", "date_unixtime": str(1_640_995_200 + number), "from": f"P{who}", "from_id": f"user{who}", "text": text or f"message {number}", **more}  # fmt: skip


def export(*messages: dict[str, Any], **head: Any) -> bytes:
    return json.dumps({"name": "L", "type": "public_supergroup", "id": 77, **head, "messages": list(messages)}, ensure_ascii=False).encode()  # fmt: skip


@pytest.fixture
def telegram() -> Space:
    if "telegram" not in registry._adapters:
        pytest.skip("no adapter for telegram")
    return a_space("tg", "telegram", kind="supergroup").__class__.objects.create(
        platform="telegram", external_id="-10077", slug="lounge", name="Lounge", kind="supergroup"
    )


def test_history_stands_in_its_place_is_found_and_judges_nobody(tmp_path: Path, telegram: Space) -> None:
    heard = an_account("P42", "telegram")
    Account.objects.filter(pk=heard.pk).update(external_id="42", display_name="Ann today")
    record(a_row(telegram, heard, "heard live", "3"))
    topic = {"id": 4, "type": "service", "date_unixtime": "1640995204", "actor": "P42", "actor_id": "user42", "action": "topic_created", "title": "Fees"}  # fmt: skip
    data = export(
        said(1, "大家好，资金费率是多少", 7), said(2, reply_to_message_id=1), said(3, "heard live"), topic,
        said(5, "in the topic", reply_to_message_id=4), {"id": 6, "type": "unsupported"},
    )  # fmt: skip
    one = begin(tmp_path, "history", data, telegram)
    assert (one.state, one.rows_total) == ("preview", 6)
    go(one)
    assert one.state == "done", one.problem
    assert (one.counts["stored"], one.counts["already"], one.bad_rows) == (3, 1, 1)
    first, second, third, live = Message.objects.filter(space=telegram).order_by("id")
    assert (first.text, second.reply_to, third.thread_id, live.text) == (
        "大家好，资金费率是多少",
        "1",
        "4",
        "heard live",
    )
    assert first.extra == {"imported": one.id}
    assert first.received_at == first.sent_at
    assert [found.id for found in search("资金费率")] == [first.id]
    assert not Case.objects.exists()
    heard.refresh_from_db()
    assert heard.display_name == "Ann today"
    member = SpaceMember.objects.get(space=telegram, account=heard)
    assert (member.message_count, member.first_message_at) == (3, second.sent_at)
    assert Topic.objects.get(space=telegram).name == "Fees"
    # Again: nothing new.
    again = go(begin(tmp_path, "history", data + b"\n", telegram))
    assert (again.counts.get("stored", 0), again.counts["already"]) == (0, 4)
    assert SpaceMember.objects.get(space=telegram, account=heard).message_count == 3


def test_undoing_takes_away_what_came_and_nothing_that_was_touched_since(
    tmp_path: Path, telegram: Space
) -> None:
    heard = an_account("P42", "telegram")
    Account.objects.filter(pk=heard.pk).update(external_id="42")
    record(a_row(telegram, heard, "heard live", "3"))
    before = list(
        SpaceMember.objects.values("message_count", "first_message_at", "last_message_at", "joined_at")
    )
    people = Member.objects.count()
    one = go(begin(tmp_path, "history", export(said(1, who=7), said(2), said(4, who=8)), telegram))
    kept = Message.objects.get(space=telegram, external_id="4")
    Message.objects.filter(pk=kept.pk).update(version=2)
    undone(one)
    assert one.state == "undone"
    assert (one.counts["taken_back"], one.counts["kept"]) == (2, 1)
    assert set(Message.objects.values_list("external_id", flat=True)) == {"3", "4"}
    assert SearchDoc.objects.count() == 1
    assert list(SpaceMember.objects.filter(account=heard).values(*before[0])) == before
    assert not Account.objects.filter(external_id="7").exists()
    assert Member.objects.count() == people + 1


def test_a_chat_with_other_ids_never_meets_the_ids_of_the_space(tmp_path: Path, telegram: Space) -> None:
    go(begin(tmp_path, "history", export(said(1), said(-999_999_998)), telegram))
    go(begin(tmp_path, "history", export(said(1), type="private_group", id=5), telegram))
    found = sorted(Message.objects.values_list("external_id", flat=True))
    assert found == ["1", "hist:-10077:-999999998", "hist:-5:1"]


def test_a_killed_import_goes_on_where_it_stood(
    tmp_path: Path, telegram: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CHUNK", 7)
    one = begin(tmp_path, "history", export(*(said(n, who=n % 5) for n in range(1, 101))), telegram)
    actions.confirm(one.id, BY, {})
    real, calls = history.channels.record_past_members, [0]

    def dies(*args: Any) -> None:
        real(*args)
        calls[0] += 1
        if calls[0] % 2:
            raise RuntimeError("killed")

    monkeypatch.setattr(history.channels, "record_past_members", dies)
    for _ in range(40):
        try:
            if not actions.work(one.id, seconds=0):
                break
        except RuntimeError:
            continue
    one.refresh_from_db()
    assert (one.state, one.rows_done, one.counts["stored"]) == ("done", 100, 100)
    assert Message.objects.count() == 100
    assert sum(SpaceMember.objects.values_list("message_count", flat=True)) == 100


def test_it_can_be_stopped_and_undone_and_its_file_goes(
    tmp_path: Path, telegram: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CHUNK", 10)
    one = begin(tmp_path, "history", export(*(said(n) for n in range(1, 101))), telegram)
    actions.confirm(one.id, BY, {})
    assert actions.work(one.id, seconds=0)
    actions.cancel(one.id, BY)
    assert not actions.work(one.id, seconds=0)
    with pytest.raises(Conflict):
        actions.confirm(one.id, BY, {})
    assert Message.objects.count() == 10
    undone(one)
    assert not Message.objects.exists()
    actions.remove_file(one.id, BY)
    assert not list(files.folder().glob(f"{one.id}*"))


def test_old_files_are_removed_by_themselves(tmp_path: Path, telegram: Space) -> None:
    one = begin(tmp_path, "history", export(said(1)), telegram)
    Import.objects.filter(pk=one.pk).update(at=one.at.replace(year=2020))
    lifecycle.tidy(None)  # type: ignore[arg-type]
    one.refresh_from_db()
    assert (one.has_file, one.state) == (False, "cancelled")
    assert not files.file_of(one.id).exists()


def test_search_merges_what_came_live_with_what_was_imported_in_order_of_time(
    tmp_path: Path, telegram: Space
) -> None:
    go(begin(tmp_path, "history", export(*(said(n, "funding rate") for n in range(1, 60))), telegram))
    heard = an_account("Bob", "telegram")
    record(*(a_row(telegram, heard, "funding now", f"live{n}") for n in range(5)))
    from guildhall.channels.actions import index_pending

    while index_pending():
        pass
    page = list(search("funding").order_by("-id")[:8])
    assert [one.text for one in page] == ["funding now"] * 5 + ["funding rate"] * 3
    assert [one.external_id for one in page[5:]] == ["59", "58", "57"]
    following = list(search("funding").filter(id__lt=page[-1].id).order_by("-id")[:3])
    assert [one.external_id for one in following] == ["56", "55", "54"]
    assert [one.external_id for one in search("funding").order_by("id")[:2]] == ["1", "2"]
    assert search("funding")[:1000].count() == 64
    assert connection.vendor in ("sqlite", "postgresql")
