"""Messages: find any message in Chinese or English, see what became of it, take it away by hand and bring it
back.

The list moves along ids, which carry their time, so a span of days is a range of the primary key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages as toasts
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels import actions as channel_actions
from guildhall.channels import queries as channel_queries
from guildhall.channels import registry
from guildhall.channels.models import Message, MessageVersion, Space
from guildhall.channels.port import Act, Verb
from guildhall.console import words
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.review_picture import link_shown
from guildhall.core.errors import GuildhallError
from guildhall.core.ids import lowest_id
from guildhall.core.text import Text
from guildhall.desk.actions import tickets
from guildhall.guard import actions as guard_actions
from guildhall.guard import queries as guard_queries
from guildhall.guard.actions import Hand
from guildhall.guard.models import Case, HandMeasure, VerdictRecord
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.people.models import Account
from guildhall.ui import paging, tables

CAP = 1000

STATES = (
    ("visible", gettext_lazy("visible")),
    ("removed", gettext_lazy("removed")),
    ("edited", gettext_lazy("edited")),
    ("ours", gettext_lazy("sent by us")),
)


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording of a message, and the one before it."""

    version: int
    text: str
    before: str
    at: datetime | None


def spec() -> tables.Spec:
    """The table with the spaces that exist now."""
    spaces = tuple(Space.objects.order_by("name").values_list("slug", "name")[:500])
    return tables.Spec(
        columns=(
            tables.Column("text", gettext_lazy("Message"), css="lead text"),
            tables.Column("sender", gettext_lazy("Sender")),
            tables.Column("space", gettext_lazy("Space")),
            tables.Column("at", gettext_lazy("When"), sort=("id",)),
            tables.Column("state", gettext_lazy("State")),
        ),
        filters=(
            tables.Filter(
                "q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Words in Chinese or English")
            ),
            tables.Filter("space", gettext_lazy("Space"), choices=spaces),
            tables.Filter("state", gettext_lazy("State"), choices=STATES),
            tables.Filter(
                "language",
                gettext_lazy("Language"),
                choices=tuple((code, words.LANGUAGES[code]) for code in ("zh-hans", "en")),
            ),
            tables.Filter("since", gettext_lazy("From"), "date"),
            tables.Filter("until", gettext_lazy("To"), "date"),
        ),
        default_sort="-at",
        tie="",
    )


@requires("messages.view")
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """Every message, latest first."""
    state = tables.read(spec(), request.GET, keep=("member",))
    found = _found(state)
    table = paging.fetch(
        found.select_related("space", "account"), state, count_cap=CAP if state.is_filtered else 0
    )
    member_id = state.kept.get("member", "")
    context = {"table": table, "member_id": member_id, "without_member": replace(state, kept={}).query()}
    return render(request, "console/messages/list.html", context)


def _found(state: tables.State) -> QuerySet[Message]:
    found = channel_queries.search(state.value("q")) if state.value("q") else Message.objects.all()
    if state.value("space"):
        found = found.filter(
            space__in=list(Space.objects.filter(slug=state.value("space")).values_list("pk", flat=True))
        )
    if state.value("language"):
        of_language = Space.objects.filter(language__startswith=state.value("language")[:2])
        found = found.filter(space__in=list(of_language.values_list("pk", flat=True)))
    match state.value("state"):
        case "visible":
            found = found.filter(visible=True)
        case "removed":
            found = found.filter(removed_at__isnull=False)
        case "edited":
            found = found.filter(pk__in=MessageVersion.objects.order_by().values("message_id"))
        case "ours":
            found = found.filter(direction=Message.Direction.OUT)
        case _ if not state.kept.get("member"):
            # What we told one person alone (why something was removed) is not the talk of a space.
            found = found.exclude(direction=Message.Direction.OUT, visible=False)
    since, until = state.day("since"), state.day("until")
    if since:
        found = found.filter(pk__gte=lowest_id(timezone.make_aware(datetime.combine(since, time.min))))
    if until:
        end = datetime.combine(until + timedelta(days=1), time.min)
        found = found.filter(pk__lt=lowest_id(timezone.make_aware(end)))
    if state.kept.get("member"):
        accounts = Account.objects.filter(member_id=state.kept["member"]).values_list("pk", flat=True)
        found = found.filter(account__in=list(accounts))
    return found


@requires("messages.view")
@require_safe
def message(request: HttpRequest, message_id: str) -> HttpResponse:
    """One message: its wordings, what the guard said, its cases, and what can be done."""
    return render(request, "console/messages/message.html", _picture(request, _message(message_id)))


def _picture(request: HttpRequest, shown: Message) -> dict[str, Any]:
    me = known(request)
    verdict = VerdictRecord.objects.filter(message=shown).order_by("-id").first()
    reasons = guard_queries.reason_views(shown.text, verdict.reasons) if verdict else ()
    current = verdict is not None and verdict.message_version == shown.version
    can = next((one.capabilities for one in registry.all() if one.platform == shown.space.platform), {})
    return {
        "message": shown,
        "sender_name": queries.mask_account(shown.account, me) if shown.account else "",
        "wordings": _wordings(shown),
        "verdict": verdict,
        "reasons": reasons,
        "spans": [span for one in reasons for span in one.spans] if current else [],
        "links": [link_shown(row) for row in shown.links],
        "cases": list(Case.objects.filter(message=shown).order_by("-id")[:20])
        if me.may("cases.view")
        else [],
        "copies": guard_queries.copies(shown, most=6),
        "copies_count": tables.Count(*_capped(guard_queries.copies_count(shown))),
        "may_remove": me.may("messages.remove"),
        "may_report": me.may("cases.view") and shown.account_id is not None and shown.removed_at is None,
        "may_review": me.may("cases.review"),
        "may_warn": me.may("members.restrict") and shown.account_id is not None,
        "may_ticket": me.may("desk.work") and shown.account_id is not None and bool(shown.text.strip()),
        "can_delete": can.get(Verb.DELETE),
        "can_restore": can.get(Verb.RESTORE),
        "remover": actor_names([shown.removed_by]).get(shown.removed_by, "") if shown.removed_by else "",
    }


def _capped(n: int) -> tuple[int, bool]:
    return n, n >= CAP


def _wordings(shown: Message) -> list[Wording]:
    if shown.version == 1:
        return []
    past = list(MessageVersion.objects.filter(message=shown).order_by("version")[:50])
    texts = [(one.version, one.text, one.edited_at) for one in past] + [
        (shown.version, shown.text, shown.edited_at)
    ]
    pairs = zip(texts, texts[1:], strict=False)
    return [Wording(version, text, before, at) for (_v, before, _at), (version, text, at) in pairs][::-1]


@requires("messages.remove")
@require_POST
def message_remove(request: HttpRequest, message_id: str) -> HttpResponse:
    """Take a message away by hand."""
    return _act(
        request, message_id, Verb.DELETE, _("Removal asked of the platform. You can bring it back here.")
    )


@requires("messages.remove")
@require_POST
def message_restore(request: HttpRequest, message_id: str) -> HttpResponse:
    """Bring a removed message back."""
    return _act(request, message_id, Verb.RESTORE, _("The message comes back in its old place."))


@requires("cases.view")
@require_POST
def message_report(request: HttpRequest, message_id: str) -> HttpResponse:
    """Put a message before the moderators, as a member would with /report."""
    shown = _message(message_id)
    return carry_out(
        request,
        lambda: guard_actions.report_message(shown.pk, known(request).actor, _why(request)),
        _("It waits for a moderator now."),
        reverse("console:message", args=[shown.pk]),
    )


@requires("desk.work")
@require_POST
def message_ticket(request: HttpRequest, message_id: str) -> HttpResponse:
    """Turn a message into a ticket, or go to the one it is in."""
    shown = _message(message_id)
    if not known(request).may("messages.view"):
        raise Http404
    try:
        opened = tickets.open_from_message(shown.pk, known(request))
    except GuildhallError as error:
        toasts.error(request, str(error.text))
        return SeeOther(reverse("console:message", args=[shown.pk]))
    return SeeOther(reverse("console:ticket", args=[opened.pk]))


@requires("members.restrict")
@require_POST
def message_warn(request: HttpRequest, message_id: str) -> HttpResponse:
    """Warn whoever wrote it: a strike, and the ladder decides what follows."""
    shown = _message(message_id)
    by = known(request).actor
    if shown.account_id is None:
        raise Http404
    wanted = Hand(
        HandMeasure.Kind.WARN, shown.space_id, shown.account_id, by, reason=_why(request), message_id=shown.pk
    )
    return carry_out(
        request,
        lambda: guard_actions.take_measure(wanted),
        _("Warned. What follows by the ladder stands on the member's page."),
        reverse("console:message", args=[shown.pk]),
    )


def _why(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:500]


def _act(request: HttpRequest, message_id: str, verb: Verb, said: str) -> HttpResponse:
    shown = _message(message_id)
    act = Act(verb, shown.space_id, message_id=shown.pk, account_id=shown.account_id or "")
    why = _why(request)
    return carry_out(
        request,
        lambda: channel_actions.request(act, actor=known(request).actor, reason=why or str(_REASON)),
        said,
        reverse("console:message", args=[shown.pk]),
    )


_REASON = Text("by hand", "人工操作")


def _message(message_id: str) -> Message:
    shown = Message.objects.select_related("space", "account").filter(pk=message_id).first()
    if shown is None:
        raise Http404
    return shown
