"""What kind of place a WeCom space is, told by its platform id. Pure."""

from __future__ import annotations

from enum import Enum

from guildhall.channels.wecom import corp_reading, kf_reading

ROBOT = "robot:"


class Place(Enum):
    """GROUP: a customer group. TALK: a customer at 微信客服. CONTACT: a customer of a member of staff.
    ROBOT: what a group robot speaks into.
    """

    GROUP = "group"
    TALK = "talk"
    CONTACT = "contact"
    ROBOT = "robot"


def place_of(external_id: str) -> Place:
    """The kind of place with this platform id."""
    if external_id.startswith(kf_reading.SPACE):
        return Place.TALK
    if external_id.startswith(corp_reading.SPACE):
        return Place.CONTACT
    return Place.ROBOT if external_id.startswith(ROBOT) else Place.GROUP
