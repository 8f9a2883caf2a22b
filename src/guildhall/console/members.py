"""Members: who is here, one member's whole picture, and what may be done about them.

Names are shown only to those who hold `members.identity`; without it the list finds nobody by name either, or
the mask would be worth nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels import registry
from guildhall.channels.models import Message, SpaceMember
from guildhall.console import member_deeds
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.guard import actions as guard_actions
from guildhall.guard.actions import Taken
from guildhall.guard.models import Case, HandMeasure
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.people.actions import members as member_actions
from guildhall.people.masking import Identity
from guildhall.people.models import LANGUAGES, Account, Member
from guildhall.ui import paging, tables

RECENT = 20

SPEC = tables.Spec(
    columns=(
        tables.Column("name", gettext_lazy("Member"), sort=("display_name",), css="lead"),
        tables.Column("where", gettext_lazy("Platforms")),
        tables.Column("language", gettext_lazy("Language")),
        tables.Column("seen", gettext_lazy("Last seen"), sort=("last_seen_at",)),
        tables.Column("known", gettext_lazy("Known since")),
    ),
    filters=(
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name, username or id")),
        tables.Filter("platform", gettext_lazy("Platform")),
        tables.Filter("language", gettext_lazy("Language"), choices=tuple(LANGUAGES)),
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=(("erased", gettext_lazy("erased")), ("all", gettext_lazy("everybody"))),
        ),
    ),
    default_sort="-seen",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list."""

    member: Member
    identity: Identity
    platforms: tuple[str, ...]


def spec() -> tables.Spec:
    """The table with the platforms that are registered now."""
    platforms = tuple((adapter.platform, adapter.name) for adapter in registry.all())
    return replace(
        SPEC,
        filters=tuple(
            replace(one, choices=platforms) if one.key == "platform" else one for one in SPEC.filters
        ),
    )


@requires("members.view")
@require_safe
def member_list(request: HttpRequest) -> HttpResponse:
    """Everybody, last seen first."""
    me = known(request)
    state = tables.read(spec(), request.GET)
    sought = state.value("q")
    sees_names = me.may("members.identity")
    wanted = queries.MemberFilter(
        q=sought if sees_names else "",
        platform=state.value("platform"),
        language=state.value("language"),
        state=state.value("state"),
    )
    found = queries.members(wanted)
    if sought and not sees_names:
        found = found.filter(pk=sought.upper())
    table = paging.fetch(queries.with_accounts(found), state, count_cap=1000 if state.is_filtered else 0)
    lines = [
        Line(
            member,
            queries.mask_identity(member, me),
            tuple(sorted({a.platform for a in member.accounts.all()})),
        )
        for member in table.rows
    ]
    table = replace(table, rows=lines)
    if not state.is_filtered:
        table = replace(table, count=tables.Count(queries.member_count()))
    return render(request, "console/members/list.html", {"table": table, "sees_names": sees_names})


class NoteForm(forms.Form):
    """What staff knows about somebody."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    region = forms.CharField(
        label=gettext_lazy("Legal region"),
        required=False,
        max_length=6,
        help_text=gettext_lazy("A code such as SG or AE-DU; empty when not known."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["language"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", "—"), *LANGUAGES]


@requires("members.view")
@require_safe
def member(request: HttpRequest, member_id: str) -> HttpResponse:
    """One member: accounts, spaces, what they wrote, their cases, what can be done."""
    detail = _detail(member_id)
    if detail.member.pk != member_id:
        return SeeOther(reverse("console:member", args=[detail.member.pk]))
    return render(request, "console/members/member.html", _picture(request, detail))


def _picture(
    request: HttpRequest, detail: queries.MemberDetail, **forms_in_use: forms.Form
) -> dict[str, Any]:
    me = known(request)
    who = detail.member
    memberships = memberships_of(detail.accounts)
    return {
        "member": who,
        "identity": queries.mask_identity(who, me),
        "accounts": _named(request, detail),
        "renames": detail.renames if me.may("members.identity") else [],
        "merged_ids": detail.merged_ids,
        "memberships": memberships,
        "strikes": sum(one.strikes for one in memberships),
        "recent": recent_messages(detail.accounts) if me.may("messages.view") else [],
        "cases": cases_of(detail.accounts) if me.may("cases.view") else [],
        "measures": member_deeds.measures_of(detail.accounts, me),
        "standing": forms_in_use.get("standing") or member_deeds.StandingForm(memberships=memberships),
        "whose": forms_in_use.get("whose") or member_deeds.WhoseForm(accounts=_named(request, detail))
        if me.may("staff.edit") and detail.accounts
        else None,
        "note": forms_in_use.get("note")
        or NoteForm(initial={"language": who.language, "region": who.region, "note": who.note}),
        "may": {key: me.may(f"members.{key}") for key in ("restrict", "edit", "erase", "export", "identity")},
        "sees_messages": me.may("messages.view"),
        "sees_cases": me.may("cases.view"),
        "word": who.pk[-6:],
    }


def memberships_of(accounts: list[Account]) -> list[SpaceMember]:
    """Where these accounts are or were, the busiest first."""
    return list(
        SpaceMember.objects.filter(account__in=accounts)
        .select_related("space", "account")
        .order_by("-message_count", "pk")[:100]
    )


def recent_messages(accounts: list[Account], most: int = RECENT) -> list[Message]:
    """The last messages of these accounts; each account by its own index."""
    found: list[Message] = []
    for account in accounts[:10]:
        theirs = Message.objects.filter(account=account, direction=Message.Direction.IN)
        found += theirs.select_related("space").order_by("-id")[:most]
    return sorted(found, key=lambda message: message.pk, reverse=True)[:most]


def cases_of(accounts: list[Account], most: int = RECENT) -> list[Case]:
    """The last cases of these accounts."""
    return list(
        Case.objects.filter(account__in=accounts).select_related("message", "space").order_by("-id")[:most]
    )


@requires("members.restrict")
@require_POST
def member_standing(request: HttpRequest, member_id: str) -> HttpResponse:
    """Warn, mute, ban or lift; where a platform cannot, say so and change nothing anywhere."""
    detail = _detail(member_id)
    memberships = memberships_of(detail.accounts)
    form = member_deeds.StandingForm(request.POST, memberships=memberships)

    done: list[Taken] = []

    def deed() -> None:
        done.extend(member_deeds.carry_out(form, memberships, known(request).actor))

    if attempt(form, deed):
        return _back(request, member_id, member_deeds.said_of(done))
    return render(
        request, "console/members/member.html", _picture(request, detail, standing=form), status=422
    )


@requires("members.restrict")
@require_POST
def member_measure_undo(request: HttpRequest, member_id: str, measure_id: str) -> HttpResponse:
    """Take a measure back, with what the ladder added to it."""
    detail = _detail(member_id)
    if not HandMeasure.objects.filter(pk=measure_id, account__in=detail.accounts).exists():
        raise Http404
    return carry_out(
        request,
        lambda: guard_actions.undo_measure(measure_id, known(request).actor),
        _("Taken back. The platform is being told now."),
        reverse("console:member", args=[member_id]),
    )


@requires("staff.edit", confirm=True)
@require_POST
def member_whose(request: HttpRequest, member_id: str) -> HttpResponse:
    """Say which colleague an account belongs to, or that it belongs to none."""
    detail = _detail(member_id)
    form = member_deeds.WhoseForm(request.POST, accounts=_named(request, detail))

    def deed() -> None:
        said, me = form.cleaned_data, known(request)
        member_actions.link_staff_account(said["account"], int(said["colleague"] or 0) or None, by=me)

    if attempt(form, deed):
        return _back(request, member_id, _("Saved."))
    return render(request, "console/members/member.html", _picture(request, detail, whose=form), status=422)


def _named(request: HttpRequest, detail: queries.MemberDetail) -> list[tuple[Account, str]]:
    me = known(request)
    return [(account, queries.mask_account(account, me)) for account in detail.accounts]


@requires("members.edit")
@require_POST
def member_note(request: HttpRequest, member_id: str) -> HttpResponse:
    """Keep what staff knows: language, legal region, a note."""
    detail = _detail(member_id)
    form = NoteForm(request.POST)

    def deed() -> None:
        said, by = form.cleaned_data, known(request)
        member_actions.set_language(detail.member.pk, said["language"], by=by)
        member_actions.set_region(detail.member.pk, said["region"].upper(), by=by)
        member_actions.set_note(detail.member.pk, said["note"], by=by)

    if attempt(form, deed):
        return _back(request, member_id, _("Saved."))
    return render(request, "console/members/member.html", _picture(request, detail, note=form), status=422)


@requires("members.erase", confirm=True)
@require_POST
def member_erase(request: HttpRequest, member_id: str) -> HttpResponse:
    """Wipe a person's identity everywhere, after the end of their id was typed."""
    detail = _detail(member_id)

    def deed() -> None:
        if request.POST.get("confirm", "").strip().upper() != detail.member.pk[-6:]:
            raise BadInput(
                Text(
                    "What you typed is not the end of this member's id. Nothing was erased.",
                    "输入的内容与该成员编号末尾不符，未执行清除。",
                ),
                field="confirm",
            )
        member_actions.erase_member(detail.member.pk, by=known(request))

    return carry_out(
        request, deed, _("This person's identity was erased."), reverse("console:member", args=[member_id])
    )


@requires("members.export", confirm=True)
@require_POST
def member_export(request: HttpRequest, member_id: str) -> HttpResponse:
    """Everything held about one person, as a file."""
    detail = _detail(member_id)
    held = member_actions.export_member(detail.member.pk, by=known(request))
    response = HttpResponse(
        json.dumps(held, ensure_ascii=False, indent=2, default=str), content_type="application/json"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="member-{detail.member.pk}.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _detail(member_id: str) -> queries.MemberDetail:
    try:
        return queries.member_detail(member_id)
    except NotFound as error:
        raise Http404(str(error)) from error


def _back(request: HttpRequest, member_id: str, said: str) -> HttpResponse:
    return carry_out(request, lambda: None, said, reverse("console:member", args=[member_id]))
