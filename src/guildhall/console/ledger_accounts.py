"""The ledger: what every kind of account holds together, how far it is closed, sealed and proven, each
account, and the statement of one with its running balance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import actor_names, known, subject_href
from guildhall.console.ledger_words import BREAKS, GROUPS, KINDS, STAGES, kind, partner_names
from guildhall.effects import actions as effects
from guildhall.effects.models import Effect
from guildhall.effects.types import LIVE
from guildhall.ledger import actions, queries
from guildhall.ledger.actions.posting import today_utc
from guildhall.ledger.drafts import stage_of
from guildhall.ledger.jobs import VERIFY
from guildhall.ledger.models import Account, Asset, Day, Leg, Posting, Seal
from guildhall.people.access import requires
from guildhall.ui import paging, tables

TABS = (
    ("ledger", gettext_lazy("Ledger accounts")),
    ("ledger-postings", gettext_lazy("Postings")),
    ("ledger-holds", gettext_lazy("Holds")),
    ("ledger-days", gettext_lazy("Closing of days")),
)
STATEMENT = tables.Spec(
    columns=(
        tables.Column("kind", gettext_lazy("Posting"), css="lead"),
        tables.Column("booked", gettext_lazy("Booked on")),
        tables.Column("effective", gettext_lazy("Effective on"), css="desk"),
        tables.Column("pin", gettext_lazy("Terms"), css="desk"),
        tables.Column("units", gettext_lazy("Amount"), css="num"),
        tables.Column("balance", gettext_lazy("Balance after"), css="num"),
        tables.Column("id", gettext_lazy("Number"), sort=("id",), css="num desk"),
    ),
    filters=(
        tables.Filter("kind", gettext_lazy("Kind"), "choice", tuple(KINDS.items())),
        tables.Filter("since", gettext_lazy("From"), "date"),
        tables.Filter("until", gettext_lazy("To"), "date"),
    ),
    default_sort="-id",
    tie="",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of accounts in one asset: its totals by stage."""

    name: str | Promise
    prefix: str
    asset: str
    scale: int
    stages: tuple[int | None, ...]
    rest: int | None
    accounts: int


@dataclass(frozen=True, slots=True)
class Line:
    """A leg on a statement. `balance` is None where a filter leaves legs out."""

    leg: Leg
    kind: str | Promise
    subject: str
    balance: int | None


def spec() -> tables.Spec:
    """The table of accounts."""
    assets = tuple((code, code) for code in Asset.objects.order_by("code").values_list("code", flat=True))
    return tables.Spec(
        columns=(
            tables.Column("code", gettext_lazy("Ledger account"), sort=("code",), css="lead"),
            tables.Column(
                "balance", gettext_lazy("Balance"), sort=("balance__high", "balance__low"), css="num"
            ),
            tables.Column("legs", gettext_lazy("Legs"), sort=("balance__legs",), css="num desk"),
            tables.Column("opened", gettext_lazy("Opened"), css="desk"),
        ),
        filters=(
            tables.Filter(
                "code", gettext_lazy("Code begins with"), "search", placeholder="partner:, house:commission:"
            ),
            tables.Filter("stage", gettext_lazy("Stage"), "choice", tuple(STAGES.items())),
            tables.Filter("asset", gettext_lazy("Asset"), "choice", assets),
            tables.Filter(
                "sign",
                gettext_lazy("Balance"),
                "choice",
                (
                    ("plus", gettext_lazy("Above zero")),
                    ("minus", gettext_lazy("Below zero")),
                    ("any", gettext_lazy("Not zero")),
                ),
            ),
        ),
        default_sort="code",
    )


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages of the ledger."""
    return [
        {"label": label, "href": reverse(f"console:{name}"), "current": name == current}
        for name, label in TABS
    ]


@requires("ledger.view")
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """Totals, how far the ledger is closed and proven, and the accounts."""
    state = tables.read(spec(), request.GET)
    table = paging.fetch(_accounts(state), state)
    proof = Effect.objects.filter(kind=VERIFY).order_by("-id").first()
    names = partner_names(row.code for row in table.rows)
    rows = [
        {"account": row, "name": names.get(row.code, ""), "stage": STAGES.get(stage_of(row.code)[1], "")}
        for row in table.rows
    ]
    context = {
        "tabs": tabs("ledger"),
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "totals": _totals(),
        "stages": list(STAGES.values()),
        "day": Day.objects.order_by("-day").first(),
        "open_late": _days_to_close(),
        "seal": Seal.objects.order_by("-seq").defer("leaves").first(),
        "newest": Posting.objects.order_by("-id").values_list("id", flat=True).first() or 0,
        "proof": proof,
        "proof_under_way": proof is not None and proof.state in {one.value for one in LIVE},
        "breaks": _breaks(proof),
    }
    return render(request, "console/ledger/accounts.html", context)


@requires("ledger.view")
@require_POST
def ledger_verify(request: HttpRequest) -> HttpResponse:
    """Queue the proof; asking again while one is under way changes nothing."""

    def deed() -> None:
        with transaction.atomic():
            if not Effect.objects.filter(kind=VERIFY, state__in=[s.value for s in LIVE]).exists():
                effects.enqueue(effects.NewEffect(kind=VERIFY, cause=known(request).actor))

    return carry_out(request, deed, _("Every posting is being read."), reverse("console:ledger"))


@requires("ledger.view")
@require_safe
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """The statement of one account, newest first."""
    found = Account.objects.select_related("asset", "balance").filter(pk=account_id).first()
    if found is None:
        raise Http404
    owner, stage = stage_of(found.code)
    state = tables.read(STATEMENT, request.GET)
    table = paging.fetch(_legs(found, state), state)
    context = {
        "account": found,
        "owner": owner,
        "owner_href": subject_href(owner),
        "owner_name": partner_names([owner]).get(owner, owner),
        "stage": STAGES.get(stage, ""),
        "siblings": _siblings(owner, found.asset_id) if stage else [],
        "holds": _holds(owner) if stage else [],
        "may_hold": bool(stage) and known(request).may("ledger.post"),
        "hold_fields": {"owner": owner},
        "table": tables.Table(
            state, _lines(found, list(table.rows), state), table.next_key, table.previous_key
        ),
    }
    return render(request, "console/ledger/account.html", context)


@requires("ledger.view")
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """To the posting with `?key=…`, or to the account with `?code=…&asset=…`."""
    key, code, asset = (request.GET.get(name, "").replace("\x00", "") for name in ("key", "code", "asset"))
    posting = queries.find(key) if key else None
    if posting is not None:
        return HttpResponseRedirect(reverse("console:ledger-posting", args=[posting.pk]))
    wanted = Account.objects.filter(code=code, asset=asset).first() if code else None
    if wanted is not None:
        return HttpResponseRedirect(reverse("console:ledger-account", args=[wanted.pk]))
    raise Http404


def _accounts(state: tables.State) -> QuerySet[Account]:
    found = Account.objects.filter(balance__isnull=False).select_related("asset", "balance")
    code = state.value("code")
    if code:
        found = found.filter(code__gte=code, code__lt=code + "\U0010ffff")
    if state.value("stage"):
        found = found.filter(code__endswith=f":{state.value('stage')}")
    if state.value("asset"):
        found = found.filter(asset=state.value("asset"))
    above = Q(balance__high__gt=0) | Q(balance__high=0, balance__low__gt=0)
    below = Q(balance__high__lt=0)
    match state.value("sign"):
        case "plus":
            found = found.filter(above)
        case "minus":
            found = found.filter(below)
        case "any":
            found = found.filter(above | below)
    return found


def _totals() -> list[Row]:
    by_row: dict[tuple[str, str, int], dict[str, queries.Total]] = {}
    for total in queries.totals():
        by_row.setdefault((total.kind, total.asset, total.scale), {})[total.stage] = total
    return [
        Row(
            GROUPS.get(name, name),
            f"{name}:",
            asset,
            scale,
            tuple(stages[stage].units if stage in stages else None for stage in STAGES),
            stages[""].units if "" in stages else None,
            sum(total.accounts for total in stages.values()),
        )
        for (name, asset, scale), stages in by_row.items()
    ]


def _days_to_close() -> int:
    """How many days with postings are over and still open."""
    last = Day.objects.order_by("-day").values_list("day", flat=True).first()
    found = Posting.objects.filter(booked_on__lt=today_utc() - timedelta(days=1))
    if last:
        found = found.filter(booked_on__gt=last)
    return found.order_by().values("booked_on").distinct().count()


def _breaks(proof: Effect | None) -> list[tuple[str | Promise, str]]:
    found = (proof.result or {}).get("breaks", []) if proof else []
    parts = [one.partition(": ") for one in found]
    return [(BREAKS.get(name, name), where) for name, _colon, where in parts]


def _siblings(owner: str, asset: str) -> list[dict[str, Any]]:
    """The stages of an owner's money in one asset."""
    codes = {f"{owner}:{stage}": label for stage, label in STAGES.items()}
    found = {
        one.code: one
        for one in Account.objects.filter(code__in=codes, asset=asset).select_related("balance", "asset")
    }
    return [{"label": label, "account": found.get(code)} for code, label in codes.items()]


def _holds(owner: str) -> list[dict[str, Any]]:
    holds = list(actions.open_holds(owner))
    names = actor_names({hold.placed_by for hold in holds})
    return [{"hold": hold, "by": names[hold.placed_by]} for hold in holds]


def _legs(account: Account, state: tables.State) -> QuerySet[Leg]:
    found = Leg.objects.filter(account=account).select_related("posting")
    if state.value("kind"):
        found = found.filter(posting__kind=state.value("kind"))
    since, until = state.day("since"), state.day("until")
    if since:
        found = found.filter(posting__booked_on__gte=since)
    if until:
        found = found.filter(posting__booked_on__lte=until)
    return found


def _lines(account: Account, legs: list[Leg], state: tables.State) -> list[Line]:
    """Legs with the balance after each: from the newest one of the page downwards or upwards."""
    names = partner_names({leg.posting.subject for leg in legs})
    after = {} if not legs or state.is_filtered else _balances_after(account, legs)
    return [
        Line(
            leg,
            kind(leg.posting.kind),
            names.get(leg.posting.subject, leg.posting.subject),
            after.get(leg.pk),
        )
        for leg in legs
    ]


def _balances_after(account: Account, legs: list[Leg]) -> dict[int, int]:
    newest_first = sorted(legs, key=lambda leg: -leg.pk)
    balance = account.balance.units - queries.sum_after(account.pk, newest_first[0].pk)
    after: dict[int, int] = {}
    for leg in newest_first:
        after[leg.pk] = balance
        balance -= leg.units
    return after
