"""Who has a talk at a 微信客服 desk: we, a queue, or a member of staff; handing it on and ending it.

While a person has it, WeChat takes no words of ours in it. What WeCom answers is noted on the talk; it also
tells by events when staff change it themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.channels.wecom import client, kf_reading, models, saying
from guildhall.channels.wecom.content import number, words
from guildhall.channels.wecom.errors import reason
from guildhall.channels.wecom.models import WechatTalk
from guildhall.core import audit

PATH = "/cgi-bin/kf/service_state/"


class Service(IntEnum):
    """As WeCom numbers it."""

    UNASSIGNED = 0
    OURS = 1
    QUEUED = 2
    WITH_STAFF = 3
    OVER = 4


@dataclass(frozen=True, slots=True)
class Serving:
    """Who has a talk now; `servicer` is a userid, '' for nobody."""

    state: Service
    servicer: str = ""


def who_has(space: Space) -> Serving:
    """Ask WeCom who has a talk and note it. Raises Temporary, Refused."""
    kfid, customer = _talk(space)
    said = client.call(
        saying.corp_key(space.receiver, models.KF),
        PATH + "get",
        {"open_kfid": kfid, "external_userid": customer},
    )
    found = number(said.get("service_state"))
    serving = Serving(
        Service(found) if found in set(Service) else Service.UNASSIGNED,
        words(said.get("servicer_userid"), 64),
    )
    with transaction.atomic():
        _note(space, serving)
    return serving


def take(space: Space, by: str) -> Serving:
    """Have the talk ourselves: what the customer writes is answered from here. Raises Temporary, Refused."""
    return _move(space, Service.OURS, "", by)


def queue(space: Space, by: str) -> Serving:
    """Let it wait for any member of staff who serves the desk. Raises Temporary, Refused."""
    return _move(space, Service.QUEUED, "", by)


def hand_over(space: Space, userid: str, by: str) -> Serving:
    """Give it to one member of staff (a userid), who answers in WeCom. Raises Temporary, Refused."""
    return _move(space, Service.WITH_STAFF, userid, by)


def end(space: Space, by: str) -> Serving:
    """Close the talk; the customer opens it again by writing. Raises Temporary, Refused."""
    return _move(space, Service.OVER, "", by)


def _move(space: Space, state: Service, userid: str, by: str) -> Serving:
    kfid, customer = _talk(space)
    body = {"open_kfid": kfid, "external_userid": customer, "service_state": int(state)}
    if userid:
        body["servicer_userid"] = userid
    client.call(saying.corp_key(space.receiver, models.KF), PATH + "trans", body)
    serving = Serving(state, userid)
    with transaction.atomic():
        _note(space, serving)
        audit.record(by, "wecom.talk_moved", f"space:{space.pk}", {"state": int(state)})
    return serving


def _talk(space: Space) -> tuple[str, str]:
    kfid, customer = kf_reading.of_talk(space.external_id)
    if not kfid:
        raise reason("no_desk")
    return kfid, customer


def _note(space: Space, serving: Serving) -> None:
    WechatTalk.objects.update_or_create(
        space=space, defaults={"service_state": int(serving.state), "servicer": serving.servicer}
    )
