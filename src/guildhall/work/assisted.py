"""Brings personal WeChat groups and tasks together: a post that waits is somebody's task, and a count asked
for by a checklist becomes the group's number when it is answered.
"""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from guildhall.channels.wecom.assisted import counts, posts
from guildhall.channels.wecom.assisted_models import AssistedGroup, AssistedPost
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.people import registry
from guildhall.work import kinds
from guildhall.work.actions import tasks
from guildhall.work.asking import Proofs
from guildhall.work.kinds import KindOfTask
from guildhall.work.models import Task

POST, HEADCOUNT = "assisted_post", "headcount"
POST_WITHIN = timedelta(hours=24)
_TITLES = {
    "send": Text("Post to {group}", "发到“{group}”"),
    "reply": Text("Answer in {group}", "在“{group}”中回复"),
    "send_poll": Text("Ask in {group}", "在“{group}”中发起投票"),
    "warn": Text("Tell {person} of {group} alone", "私信“{group}”的 {person}"),
}
_NOTES = Text(
    "Copy the words, paste them into the group, then come back and say that it is posted.",
    "复制内容，粘贴到群里发送，然后回到此处确认已发布。",
)
_WITH_FILES = Text("Send the pictures below along with it.", "请同时发送下方的图片。")


def register() -> None:
    """Called once, when Django starts."""
    kinds.add(KindOfTask(POST, Text("Post", "发布"), done=_posted, given_up=_dropped))
    kinds.add(KindOfTask(HEADCOUNT, Text("Count", "统计"), done=_counted))
    posts.on_asked("work", _asked)
    posts.on_withdrawn("work", _withdrawn)
    registry.on_erase(erase)


def caretaker_of(space_id: str) -> int | None:
    """Whose group it is, by the key of the staff member; None when nobody's."""
    return AssistedGroup.objects.filter(pk=space_id).values_list("caretaker_id", flat=True).first()


def erase(member_id: str) -> None:
    """Wipe what was to be told to a person alone, and their name in the task that asked for it."""
    found = AssistedPost.objects.filter(addressee__member_id=member_id)
    subjects = [f"assisted_post:{pk}" for pk in found.values_list("pk", flat=True)]
    nobody = Text("Tell a member alone", "私信一位成员").to_json()
    Task.objects.filter(subject__in=subjects).update(title=nobody, paste="", reason="")
    found.update(text="", reason="")


def _asked(post: AssistedPost, by: str) -> None:
    person = post.addressee.display_name if post.addressee else ""
    title = _TITLES.get(post.verb, _TITLES["send"])
    tasks.open_task(
        tasks.NewTask(
            POST,
            Text(
                title.en.format(group=post.space.name[:100], person=person[:60] or "a member"),
                title.zh.format(group=post.space.name[:100], person=person[:60] or "成员"),
            ),
            Text(f"{_NOTES.en} {_WITH_FILES.en}", f"{_NOTES.zh}{_WITH_FILES.zh}") if post.media else _NOTES,
            post.text,
            space_id=post.space_id,
            subject=subject_of(post),
            due_at=clock.now() + POST_WITHIN,
            staff_id=caretaker_of(post.space_id),
            proofs=Proofs.OPTIONAL,
            dedupe_key=subject_of(post),
            data={"post": post.pk, "media": post.media},
        ),
        by=by,
    )


def subject_of(post: AssistedPost) -> str:
    """How the task of a post names it."""
    return f"assisted_post:{post.pk}"


def _withdrawn(post: AssistedPost, by: str) -> None:
    tasks.cancel_about(subject_of(post), by=by, reason=post.reason)


def _posted(task: Task, by: str) -> None:
    posts.posted(str(task.data["post"]), by=by)


def _dropped(task: Task, by: str) -> None:
    posts.drop(str(task.data["post"]), by=by, reason=task.reason)


def _counted(task: Task, by: str) -> None:
    if task.space_id is None or not AssistedGroup.objects.filter(pk=task.space_id).exists():
        return
    numbers = {name: int(task.result[name]) for name in counts.FIELDS if name in task.result}
    if numbers:
        counts.enter(task.space_id, _day(task), numbers, by=by)


def _day(task: Task) -> date:
    """The day that was counted: the checklist's, else today where the checklist or the house is."""
    if task.day:
        return date.fromisoformat(task.day)
    zone = task.checklist.zone if task.checklist else "UTC"
    return clock.now().astimezone(ZoneInfo(zone)).date()
