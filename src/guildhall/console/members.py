"""Members: who is here, one member's whole picture, and what may be done about them.

Names are shown only to those who hold `members.identity`; without it the list finds nobody by name either, or
the mask would be worth nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels import actions as channel_actions
from guildhall.channels import registry
from guildhall.channels.models import Message, SpaceMember
from guildhall.channels.port import Act, Verb
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.guard.models import Case
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.people.actions import members as member_actions
from guildhall.people.masking import Identity
from guildhall.people.models import LANGUAGES, Account, Member
from guildhall.ui import paging, tables

RECENT = 20
HOURS = (
    ("1", gettext_lazy("1 hour")),
    ("24", gettext_lazy("1 day")),
    ("168", gettext_lazy("7 days")),
    ("", gettext_lazy("until lifted")),
)

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


class StandingForm(forms.Form):
    """Restrict, ban or lift it, in one space or in all of them."""

    measure = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=(
            ("restrict", gettext_lazy("Restrict: may read, not write")),
            ("ban", gettext_lazy("Ban: out, and may not come back")),
            ("lift", gettext_lazy("Lift what stands")),
        ),
    )
    where = forms.ChoiceField(label=gettext_lazy("Where"))
    hours = forms.ChoiceField(label=gettext_lazy("For how long"), choices=HOURS, required=False, initial="24")
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}), required=True
    )

    def __init__(self, *args: Any, memberships: list[SpaceMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = self.fields["where"]
        assert isinstance(where, forms.ChoiceField)
        everywhere = [("all", _("every space"))] if len(memberships) > 1 else []
        where.choices = everywhere + [(str(one.pk), one.space.name) for one in memberships]


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
        "accounts": [(account, queries.mask_account(account, me)) for account in detail.accounts],
        "renames": detail.renames if me.may("members.identity") else [],
        "merged_ids": detail.merged_ids,
        "memberships": memberships,
        "strikes": sum(one.strikes for one in memberships),
        "recent": recent_messages(detail.accounts) if me.may("messages.view") else [],
        "cases": cases_of(detail.accounts) if me.may("cases.view") else [],
        "standing": forms_in_use.get("standing") or StandingForm(memberships=memberships),
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
    """Restrict, ban or lift; where a platform cannot, say so and change nothing there."""
    detail = _detail(member_id)
    memberships = memberships_of(detail.accounts)
    form = StandingForm(request.POST, memberships=memberships)

    def deed() -> None:
        said = form.cleaned_data
        chosen = [one for one in memberships if said["where"] in ("all", str(one.pk))]
        hours = int(said["hours"] or 0)
        until = clock.now() + timedelta(hours=hours) if hours else None
        acts = [
            Act(verb, one.space_id, account_id=one.account_id, until=until)
            for one in chosen
            for verb in _verbs(said["measure"], one)
        ]
        if not acts:
            raise BadInput(Text("There is nothing to lift.", "没有可解除的限制。"), field="measure")
        channel_actions.request_many(acts, actor=known(request).actor, reason=said["reason"])

    if attempt(form, deed):
        return _back(request, member_id, _("Asked of the platform. It shows here as soon as it is done."))
    return render(
        request, "console/members/member.html", _picture(request, detail, standing=form), status=422
    )


def _verbs(measure: str, one: SpaceMember) -> tuple[Verb, ...]:
    if measure == "lift":
        return {"restricted": (Verb.UNRESTRICT,), "banned": (Verb.UNBAN,)}.get(one.state, ())
    return (Verb.BAN if measure == "ban" else Verb.RESTRICT,)


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
