"""What the spaces room gives to the engine below, to the tasks, and to whoever counts a group by hand."""

from __future__ import annotations

from django.db import transaction

from guildhall.channels.wecom.assisted import counts
from guildhall.channels.wecom.assisted_models import AssistedGroup
from guildhall.core import approvals
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.spaces.actions import arriving, codes, counting, entrances, erasing, filling, greeting, masses
from guildhall.work import kinds
from guildhall.work.models import Task

REVIEW = "spaces.review"
AFTER_MIDNIGHT_IN_BEIJING = "25 16 * * *"


def register() -> None:
    """Called once, when Django starts."""
    _perform(arriving.GREET, Text("Welcome who entered", "发送欢迎语"))(greeting.perform_greeting)
    _perform(arriving.TAG, Text("Tag a customer", "为客户打标签"))(greeting.perform_tagging)
    _perform(filling.ADJUST, Text("Lead a code on to groups with room", "将活码指向有空位的群"))(
        codes.perform_adjust
    )
    _perform(codes.REMOVE, Text("Take a code away", "移除活码"))(codes.perform_removal)
    _perform(masses.GIVE, Text("Hand a mass send to WeCom", "提交群发任务"))(masses.perform_giving)
    watch = Text("Ask who must confirm mass sends", "提醒确认群发")
    _perform(masses.WATCH, watch)(masses.perform_watch)
    schedules.schedule(masses.WATCH, "* * * * *", masses.WATCH, describe=watch)
    count = Text("Count customer groups", "统计客户群")
    _perform(counting.COUNT, count)(counting.perform_count)
    schedules.schedule(counting.COUNT, AFTER_MIDNIGHT_IN_BEIJING, counting.COUNT, describe=count)
    _perform(counting.OWNERS, Text("Ask WeCom for its figures", "获取企业微信统计数据"))(
        counting.perform_owners
    )
    review = Text("Ask compliance about every entrance again", "重新核查各入口的合规状态")
    _perform(REVIEW, review)(_review)
    schedules.schedule(REVIEW, "10 * * * *", REVIEW, describe=review)
    kinds.add(kinds.KindOfTask(filling.SWAP, Text("Another code", "更换二维码"), done=_swapped))
    kinds.add(kinds.KindOfTask(filling.ROOM, Text("Another group", "新建群")))
    kinds.add(kinds.KindOfTask(masses.CONFIRM, Text("Confirm a mass send", "确认群发")))
    counts.on_counted("spaces", _counted)
    erasing.register()
    approvals.register(
        masses.APPROVAL, carry_out=masses.carry_out, permission="broadcasts.approve", describe=masses.describe
    )


def _perform(kind: str, describe: Text) -> performers.Callable[[performers.Perform], performers.Perform]:
    return performers.performer(kind, lease_s=60, describe=describe)


def _review(effect: Claimed) -> Done:
    return Done({"held": entrances.review()})


def _swapped(task: Task, by: str) -> None:
    """Somebody put the next group's code up."""
    entrances.show(str(task.data["entrance"]), str(task.data["space"]), by=by)


def _counted(group: AssistedGroup, by: str) -> None:
    if group.heads is not None:
        with transaction.atomic():
            filling.note_heads(str(group.pk), group.heads, by=by)
