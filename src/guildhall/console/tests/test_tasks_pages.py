"""Tasks, checklists and WeChat groups by hand: what a person with a phone sees, and what each form does."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from PIL import Image

from guildhall.channels.actions import Wanted, request_many
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Act, Verb
from guildhall.channels.wecom.assisted import counts, groups
from guildhall.channels.wecom.assisted_models import AssistedEntry, AssistedGroup, AssistedPost
from guildhall.console.remembered import forget
from guildhall.console.tests.house_doors import said
from guildhall.core import clock
from guildhall.core.clearance import Clearance, content_hash
from guildhall.core.text import Text
from guildhall.effects.testing import drain
from guildhall.people.roles import Role
from guildhall.people.testing import client_for, make_staff
from guildhall.work import actions as work
from guildhall.work.actions import checklists
from guildhall.work.asking import COUNTS, Item, Proofs
from guildhall.work.models import Checklist, Proof, Task

pytestmark = pytest.mark.django_db
BY = "staff:1"
WORDS = "周五 20:00 直播，聊聊资金费率 https://example.org/live"


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def made(names, **more):
    return groups.add_groups(names, by=BY, **more)


def posts(spaces, text=WORDS):
    clearance = Clearance("service", "SG", content_hash(text), (), clock.now())
    wanted = [Wanted(Act(Verb.SEND, space.pk, text=text), clearance) for space in spaces]
    request_many(wanted, actor=BY, reason="broadcast:1")
    drain()
    return list(Task.objects.filter(kind="assisted_post").order_by("id"))


def photo(form="JPEG", **more):
    out = io.BytesIO()
    Image.new("RGB", (900, 1900), "green").save(out, form, **more)
    out.seek(0)
    out.name = "IMG_2041.jpg"
    return out


def test_nobody_sees_anothers_tasks_among_their_own():
    mei = make_staff(Role.MODERATOR, name="Mei")
    client = client_for(Role.MODERATOR)
    work.open_task(work.NewTask("by_hand", Text("Only Mei", "仅小美"), staff_id=mei.pk), by=BY)
    work.open_task(work.NewTask("by_hand", Text("For all of us", "大家"), role=""), by=BY)
    work.open_task(work.NewTask("by_hand", Text("For owners", "所有者"), role="owner"), by=BY)
    mine = client.get(url("tasks")).content.decode()
    assert "For all of us" in mine
    assert "Only Mei" not in mine
    assert "For owners" not in mine
    everybody = client.get(url("tasks") + "?who=all").content.decode()
    assert "Only Mei" in everybody
    assert client_for(Role.PARTNER).get(url("tasks")).status_code == 403


def test_a_post_to_many_groups_is_copied_once_and_ticked_off_group_by_group():
    spaces = made([f"{n}群" for n in range(1, 6)])
    tasks = posts(spaces)
    client = client_for(Role.MODERATOR)
    page = client.get(url("tasks") + "?by=task").content.decode()
    assert page.count(WORDS.partition(" https")[0]) == 1
    assert "Post to 5 groups" in page
    chosen = [task.pk for task in tasks[:3]]
    answer = client.post(url("tasks-several"), {"task": chosen, "by": "task"}, follow=True)
    assert "3 tasks done." in said(answer)
    assert answer.request["QUERY_STRING"] == "by=task"
    assert AssistedPost.objects.filter(state="posted").count() == Message.objects.count() == 3


def test_a_task_is_done_with_a_thumb_and_the_next_one_follows():
    first, second = posts(made(["1群", "2群"]))
    client = client_for(Role.MODERATOR)
    page = client.get(url("task", first.pk)).content.decode()
    assert "data-copy-from" in page
    assert "Posted" in page
    answer = client.post(url("task-done", first.pk), follow=True)
    assert answer.redirect_chain[-1][0] == url("task", second.pk)
    answer = client.post(url("task-done", second.pk), follow=True)
    assert "Nothing else waits for you" in said(answer)


def test_a_screenshot_is_kept_without_what_the_phone_wrote_into_it():
    one = work.open_task(work.NewTask("by_hand", Text("Show it", "截图"), proofs=Proofs.REQUIRED), by=BY)
    client = client_for(Role.MODERATOR)
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker at 1.3521N"
    answer = client.post(url("task-done", one.pk), {"proof": photo(exif=exif)}, follow=True)
    assert answer.status_code == 200
    proof = Proof.objects.get()
    kept = Image.open(io.BytesIO(bytes(proof.body)))
    assert (kept.format, max(kept.size), dict(kept.getexif())) == ("JPEG", 1600, {})
    assert b"PhoneMaker" not in bytes(proof.body)
    shown = client.get(url("proof", proof.pk))
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")


def test_what_is_no_picture_or_missing_is_said_where_it_belongs():
    one = work.open_task(
        work.NewTask("by_hand", Text("Count", "统计"), proofs=Proofs.REQUIRED, asks=COUNTS), by=BY
    )
    client = client_for(Role.MODERATOR)
    bad = io.BytesIO(b"<svg onload=alert(1)>")
    bad.name = "x.svg"
    answer = client.post(url("task-done", one.pk), {"heads": "5", "proof": bad})
    assert answer.status_code == 422
    assert "cannot be opened" in answer.content.decode()
    answer = client.post(url("task-done", one.pk), {"heads": "five"})
    assert answer.status_code == 422
    assert 'value="five" aria-invalid' in answer.content.decode()
    assert Task.objects.get().state == "open"


def test_skipping_a_post_says_why_and_asks_for_the_reason():
    (task,) = posts(made(["1群"]))
    client = client_for(Role.MODERATOR)
    assert "Say why." in said(client.post(url("task-skip", task.pk), follow=True))
    client.post(url("task-skip", task.pk), {"reason": "the group is closed"})
    assert AssistedPost.objects.get().reason == "the group is closed"


def test_a_task_is_taken_on_and_only_a_manager_takes_it_from_somebody():
    mei = make_staff(Role.MODERATOR, name="Mei")
    one = work.open_task(work.NewTask("by_hand", Text("x", "x"), staff_id=mei.pk), by=BY)
    assert "somebody else" in said(client_for(Role.MODERATOR).post(url("task-take", one.pk), follow=True))
    manager = client_for(Role.MANAGER)
    manager.post(url("task-assign", one.pk), {"staff": ""})
    one.refresh_from_db()
    assert one.assigned_to is None
    assert client_for(Role.MODERATOR).post(url("task-assign", one.pk), {"staff": ""}).status_code == 403


def test_all_groups_are_counted_on_one_sheet_and_their_tasks_with_them():
    client = client_for(Role.MODERATOR)
    me = make_staff(Role.MODERATOR)
    first, second, third = made(["1群", "2群", "3群"], phone="Mei", caretaker_id=me.pk)
    items = (Item("c", Text("Count", "统计"), kind="headcount", asks=COUNTS),)
    checklists.save_checklist(
        checklists.Plan(Text("Day", "日"), items, opens=0, due=1440, space_ids=(first.pk, second.pk)), by=BY
    )
    checklists.make_tasks(clock.now())
    sheet = url("count-sheet") + "?who=all"
    assert client.get(sheet).content.decode().count('placeholder="people"') == 3
    said_now = {f"heads-{first.pk}": "486", f"messages-{first.pk}": "1,200", f"heads-{third.pk}": "x"}
    answer = client.post(sheet, said_now)
    assert answer.status_code == 422
    assert AssistedEntry.objects.get().messages == 1200
    assert Task.objects.get(space=first).state == "done"
    assert Task.objects.get(space=second).state == "open"
    assert AssistedGroup.objects.get(pk=third.pk).heads is None


def test_fifty_groups_come_by_one_list_and_only_from_a_manager():
    names = "\n".join(f"新加坡合约{n}群" for n in range(50))
    form = {"names": names, "language": "zh-hans", "region": "sg", "phone": "Mei 1", "capacity": "500"}
    assert client_for(Role.MODERATOR).post(url("wechat-group-new"), form).status_code == 403
    client = client_for(Role.MANAGER)
    assert "50 groups are here." in said(client.post(url("wechat-group-new"), form, follow=True))
    assert Space.objects.filter(platform="wechat", region="SG").count() == 50
    again = client.post(url("wechat-group-new"), {**form, "names": "新加坡合约3群"})
    assert again.status_code == 422
    page = client.get(url("wechat-groups") + "?sort=-people").content.decode()
    assert "新加坡合约" in page


def test_a_group_shows_who_counted_what_and_is_marked_as_by_hand():
    (space,) = made(["1群"])
    client = client_for(Role.MODERATOR)
    page = url("wechat-group", space.slug)
    today = clock.now().date().isoformat()
    client.post(url("wechat-group-count", space.slug), {"day": today, "heads": "486", "joined": "4"})
    shown = client.get(page).content.decode()
    assert "486" in shown
    assert "entered by hand" in shown
    wrong = client.post(url("wechat-group-count", space.slug), {"day": today})
    assert wrong.status_code == 422
    manager = client_for(Role.MANAGER)
    edit = {"name": "一群", "language": "zh-hans", "capacity": "200", "phone": "Wei"}
    manager.post(url("wechat-group-edit", space.slug), edit)
    assert AssistedGroup.objects.get().capacity == 200
    manager.post(url("wechat-group-archive", space.slug))
    assert Space.objects.get().archived_at is not None


def test_a_checklist_is_written_in_one_language_and_its_tasks_are_there_at_once():
    spaces = made(["1群", "2群"])
    client = client_for(Role.MANAGER)
    assert "Say good morning" in client.get(url("checklist-new")).content.decode()
    form = {
        "name_zh": "每日", "weekdays": [str(day) for day in range(7)], "opens": "00:00", "due": "23:59",
        "zone": "Asia/Singapore", "spaces": [space.pk for space in spaces],
        "items-TOTAL_FORMS": "2", "items-INITIAL_FORMS": "0",
        "items-0-title_zh": "发早安", "items-0-kind": "item", "items-0-proofs": "optional",
        "items-0-paste_zh": "大家早上好！", "items-1-kind": "item", "items-1-proofs": "none",
    }  # fmt: skip
    client.post(url("checklist-new"), form)
    one = Checklist.objects.get()
    assert one.name == {"en": "每日", "zh": "每日"}
    assert len(one.items) == 1
    assert set(Task.objects.values_list("paste", flat=True)) == {"大家早上好！"}
    assert Task.objects.count() == 2
    page = client.get(url("checklist", one.pk)).content.decode()
    assert 'value="发早安"' in page
    broken = client.post(url("checklist", one.pk), {**form, "opens": "23:59", "due": "10:00"})
    assert broken.status_code == 422
    client.post(url("checklist-pause", one.pk))
    client.post(url("checklist-archive", one.pk))
    assert not Task.objects.filter(state="open").exists()


def test_today_says_that_tasks_wait_and_the_closed_ones_are_listed():
    client = client_for(Role.MODERATOR)
    (first,) = posts(made(["1群"]))
    assert "1 task waits for you" in client.get(url("today")).content.decode()
    with transaction.atomic():
        work.complete(first.pk, by=BY)
    page = client.get(url("tasks-past") + "?state=done").content.decode()
    assert str(first.called) in page


CHAT = """张三 2024/1/5 10:22:00
大家早上好

Lee 2024/1/5 10:23:31
gm
"""


def test_a_pasted_chat_is_looked_at_and_kept_and_marked_as_by_hand():
    (space,) = made(["1群"])
    client = client_for(Role.MANAGER)
    page = url("wechat-chat", space.slug)
    assert client.post(url("wechat-chat-read", space.slug), {"zone": "UTC"}).status_code == 422
    answer = client.post(url("wechat-chat-read", space.slug), {"text": CHAT, "zone": "Asia/Singapore"})
    drain()
    seen = client.get(answer["Location"]).content.decode()
    assert "大家早上好" in seen
    assert "Keep 2 messages" in seen
    one = answer["Location"].rstrip("/").rpartition("/")[2]
    client.post(url("wechat-chat-decide", space.slug, one, "keep"))
    drain()
    assert Message.objects.count() == 2
    first = Message.objects.order_by("sent_at")[0]
    assert "entered by hand" in client.get(url("message", first.pk)).content.decode()
    assert "entered by hand" in client.get(url("messages")).content.decode()
    client.post(url("wechat-chat-decide", space.slug, one, "undo"))
    drain()
    assert not Message.objects.exists()
    assert client.get(page).status_code == 200
    moderator = client_for(Role.MODERATOR)
    assert moderator.post(url("wechat-chat-decide", space.slug, one, "keep")).status_code == 403
    assert moderator.get(url("wechat-chat-import", made(["2群"])[0].slug, one)).status_code == 404


def test_numbers_entered_by_hand_stand_in_the_same_figures_and_are_marked():
    (space,) = made(["1群"], region="SG")
    Space.objects.create(platform="webchat", external_id="w", slug="w", name="Web")
    forget()
    today = clock.now().date()
    counts.enter(space.pk, today - timedelta(days=3), {"heads": 480, "joined": 5}, by=BY)
    counts.enter(space.pk, today, {"heads": 486, "messages": 120, "joined": 9, "left": 3}, by=BY)
    client = client_for(Role.MANAGER)
    page = client.get(url("growth") + "?days=7").content.decode()
    assert page.count("entered by hand</span>") == 1
    assert ">+6<" in page
    assert ">14<" in page
    rows = client.get(url("growth-export") + "?days=7").content.decode().splitlines()
    assert rows[1].endswith("wechat,SG,486,6,14,3,120,yes")
    assert rows[2].endswith("webchat,,0,0,0,0,0,no")
    assert "486" in client.get(url("spaces")).content.decode()
    shown = client.get(url("space", space.slug)).content.decode()
    assert "486" in shown
    assert "entered by hand" in shown
