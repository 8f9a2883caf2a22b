"""Group robots: a webhook address that says things in one group. Taken into service, given another address,
removed. What one says stands in a space of its own.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from django.db import transaction

from guildhall.channels.actions.spaces import archive_space, create_space
from guildhall.channels.models import Space
from guildhall.channels.wecom import models
from guildhall.channels.wecom.accounts import as_problem
from guildhall.channels.wecom.errors import Refused
from guildhall.channels.wecom.models import State, WecomRobot
from guildhall.channels.wecom.places import ROBOT
from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.core.text import Text

_ROBOT_KEY = re.compile(r"[A-Za-z0-9-]{8,80}")


def add_robot(
    name: str, address: str, by: str, *, group: Space | None = None, language: str = ""
) -> WecomRobot:
    """Take a group robot into service by its webhook address or key; what it says stands in a space of its
    own. Raises BadInput.
    """
    key = _robot_key(address)
    pk = new_id()
    with transaction.atomic():
        space = create_space(
            platform="wecom",
            slug=f"wecom-robot-{pk[-10:].lower()}",
            name=name.strip() or (group.name if group is not None else "Robot"),
            by=by,
            external_id=f"{ROBOT}{pk}",
            language=language or (group.language if group is not None else "zh-hans"),
            region=group.region if group is not None else "",
        )
        Space.objects.filter(pk=space.pk).update(kind="robot")
        robot = WecomRobot.objects.create(
            id=pk, space=space, group=group, name=space.name[:128], created_by=by, created_at=clock.now()
        )
        secrets.put(models.robot_key_name(pk), key, by)
        audit.record(by, "wecom.robot_added", f"wecom_robot:{pk}")
    return robot


def change_robot_address(robot: WecomRobot, address: str, by: str) -> WecomRobot:
    """Give a robot another webhook. Raises BadInput."""
    key = _robot_key(address)
    with transaction.atomic():
        secrets.put(models.robot_key_name(robot.pk), key, by)
        robot.state, robot.problem, robot.problem_since = State.ACTIVE, {}, None
        robot.save(update_fields=["state", "problem", "problem_since"])
        audit.record(by, "wecom.robot_changed", f"wecom_robot:{robot.pk}")
    return robot


def remove_robot(robot: WecomRobot, by: str) -> None:
    """Forget a robot; what it said stays in its space, which is archived."""
    with transaction.atomic():
        space_id = robot.space_id
        WecomRobot.objects.filter(pk=robot.pk).delete()
        secrets.delete(models.robot_key_name(robot.pk), by)
        audit.record(by, "wecom.robot_removed", f"wecom_robot:{robot.pk}")
        archive_space(space_id, by=by)


def note_problem(robot: WecomRobot, refused: Refused) -> None:
    """What is wrong with a robot, until it has another address."""
    with transaction.atomic():
        WecomRobot.objects.filter(pk=robot.pk).update(
            state=State.REVOKED,
            problem=as_problem(refused.why, refused.reason, refused.do),
            problem_since=clock.now(),
        )


def _robot_key(address: str) -> str:
    address = address.strip()
    key = parse_qs(urlsplit(address).query).get("key", [""])[0] if "://" in address else address
    if not _ROBOT_KEY.fullmatch(key):
        raise BadInput(
            Text(
                "Paste the robot's whole webhook address, as WeCom shows it in the group.",
                "请粘贴企业微信群机器人的完整 Webhook 地址。",
            ),
            field="address",
        )
    return key
