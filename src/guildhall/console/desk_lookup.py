"""Account look-up beside a ticket: one question to the exchange's back office, its answer on the page and
nowhere else; the audit says who asked for which ticket.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from guildhall.console.desk_lookup_form import txid_for, uid_for
from guildhall.console.desk_ticket import found
from guildhall.console.house_words import known
from guildhall.console.lookup import line
from guildhall.core.errors import GuildhallError
from guildhall.desk import scope
from guildhall.exchange.lookup.asking import ask
from guildhall.exchange.lookup.protocol import Kind, Purpose
from guildhall.people.access import requires


@requires("exchange.lookup")
@never_cache
@require_POST
def ticket_lookup(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Ask, and show the answer. Without a UID the one written in the ticket is asked for, so that a colleague
    who sees it masked can ask all the same; a vendor's agent asks about that one only, and only when the
    member wrote it.
    """
    me, one = known(request), found(request, ticket_id)
    said = {} if scope.is_outsourced(me) else request.POST
    uid = said.get("uid", "").strip() or uid_for(one, me)
    kind = request.POST.get("kind", "")
    txid = said.get("txid", "").strip()
    if not txid and kind in (Kind.DEPOSIT, Kind.WITHDRAWAL) and "uid" not in said:
        txid = txid_for(one, me)
    try:
        answer = ask(
            request.POST.get("venue", ""), uid, kind, by=me.actor, purpose=Purpose.SUPPORT.value,
            reference=f"ticket:{one.pk}", txid=txid,
        )  # fmt: skip
    except GuildhallError as error:
        return render(request, "console/desk/lookup_answer.html", {"problem": str(error.text)})
    context = {
        "answer": answer,
        "asked_kind": str(answer.kind.label),
        "lines": [line(record, answer.kind) for record in answer.records],
    }
    return render(request, "console/desk/lookup_answer.html", context)
