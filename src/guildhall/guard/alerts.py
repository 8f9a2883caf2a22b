"""Tells the staff's own chat that somebody reported a message or appealed: one short line with a link to the
case.

Never what a member wrote. Once for each case, and seldom enough for a storm of reports to stay readable: a
line that is held back is counted in the next one.
"""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.guard import notices, pauses
from guildhall.guard.models import Case, Suspect

REPORTS_TO = "reports_to"
"""In a space's settings: the id of the space its reports and appeals are told in."""
EVERY_S = 30.0
_WORDS = {
    Case.Kind.REPORT: Text("New report in {space} ({n} open)", "{space} 有新举报（待处理 {n} 件）"),
    Case.Kind.APPEAL: Text("New appeal in {space} ({n} open)", "{space} 有新申诉（待处理 {n} 件）"),
}

_SUSPECTS = Text(
    "Somebody in {space} seems to pretend to be staff ({n} to look at)",
    "{space} 疑似有人冒充官方（待查看 {n} 人）",
)


def tell_staff(case: Case) -> bool:
    """Queue the line about a new report or appeal in the caller's transaction; whether one was."""
    space = case.space
    target = Space.objects.filter(pk=space.settings.get(REPORTS_TO, ""), archived_at__isnull=True).first()
    if target is None or not registry.capability(target.platform, Verb.SEND).supported:
        return False
    if not pauses.take(f"alert:{target.id}", EVERY_S):
        return False
    waiting = Case.objects.filter(
        space=space, state=Case.State.OPEN, kind__in=(Case.Kind.REPORT, Case.Kind.APPEAL)
    ).count()
    words = _WORDS[Case.Kind(case.kind)].format(space=space.name[:60], n=waiting)
    text = f"{words.for_language(target.language)}\n{link_to(case)}"
    clearance = notices.clear(target.region, text, target.language)
    if clearance is None:
        return False
    wanted = channels.Wanted(
        Act(Verb.SEND, target.id, text=text), clearance, f"guard.alert:{case.id}", f"case:{case.id}"
    )
    channels.request_many([wanted], actor="system:guard", reason=wanted.reason)
    return True


def tell_of_suspects(space_id: str) -> bool:
    """Queue the line that somebody in a space seems to pretend to be staff; whether one was."""
    space = Space.objects.filter(pk=space_id).first()
    if space is None:
        return False
    waiting = Suspect.objects.filter(state=Suspect.State.OPEN).count()
    words = _SUSPECTS.format(space=space.name[:60], n=waiting)
    return _tell(space, words, settings.public_url + "/suspects/", f"suspects:{space.id}")


def _tell(space: Space, words: Text, link: str, cause: str) -> bool:
    target = Space.objects.filter(pk=space.settings.get(REPORTS_TO, ""), archived_at__isnull=True).first()
    if target is None or not registry.capability(target.platform, Verb.SEND).supported:
        return False
    if not pauses.take(f"alert:{cause}", EVERY_S):
        return False
    text = f"{words.for_language(target.language)}\n{link}"
    clearance = notices.clear(target.region, text, target.language)
    if clearance is None:
        return False
    wanted = channels.Wanted(Act(Verb.SEND, target.id, text=text), clearance, None, cause)
    channels.request_many([wanted], actor="system:guard", reason=wanted.reason)
    return True


def link_to(case: Case) -> str:
    """Where staff decides the case."""
    try:
        return settings.public_url + reverse("console:case", args=[case.id])
    except NoReverseMatch:
        return settings.public_url
