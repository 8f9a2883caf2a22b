"""The pages for machines beside the REST API: is the process up, can the house work, its figures, and the
reference.

`/healthz` says only that the process answers. `/readyz` names what is wrong: details for whoever may read
the figures, the bare names for everybody else, never a secret.
"""

from __future__ import annotations

import secrets as chance
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from guildhall.api import metrics, reference
from guildhall.api.app import api
from guildhall.core import health
from guildhall.core.settings import settings
from guildhall.people import client_address, tokens
from guildhall.people.access import public

METRICS_SCOPE = "metrics:read"


@public
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up. Touches nothing."""
    return JsonResponse({"status": "up"})


@public
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the house can take in messages, 503 when something stops it; each problem by name."""
    found = health.problems()
    ready = health.is_ready(found)
    detailed = _may_read_figures(request)
    language = get_language() or "en"
    problems = [
        {
            "kind": problem.kind,
            "severity": problem.severity.value,
            "message": problem.text.for_language(language),
            **({"detail": problem.detail} if detailed and problem.detail else {}),
        }
        for problem in found
    ]
    body = {"status": "ready" if ready else "not_ready", "problems": problems}
    return JsonResponse(body, status=200 if ready else 503)


@public
@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for the bearer of the metrics token, of an API token with the scope, or for
    loopback.
    """
    if not _may_read_figures(request):
        body = {"code": "not_signed_in", "message": _("This needs the metrics token."), "field": ""}
        return JsonResponse(
            body, status=401, headers={"WWW-Authenticate": 'Bearer realm="Guildhall metrics"'}
        )
    text, content_type = metrics.exposition()
    return HttpResponse(text, content_type=content_type)


@public
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The machine-readable description of the API."""
    return JsonResponse(api.document())


@public
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same for people, made from the machine-readable description."""
    document = api.document()
    context = {
        "sections": reference.sections(document),
        "about": document["info"],
        "address": settings.public_url.rstrip("/"),
    }
    return render(request, "api/docs.html", context)


def _may_read_figures(request: HttpRequest) -> bool:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        if settings.metrics_token and chance.compare_digest(token.encode(), settings.metrics_token.encode()):
            return True
        principal = tokens.principal(token)
        return principal is not None and METRICS_SCOPE in principal.scopes
    return not settings.metrics_token and _is_this_machine(request)


def _is_this_machine(request: HttpRequest) -> bool:
    """Whether the request was made on this machine and not handed on by a proxy we were not told of."""
    address = client_address.of(request)
    if not ip_address(address).is_loopback:
        return False
    peer = request.META.get("REMOTE_ADDR", "")
    return (
        address != peer or "HTTP_X_FORWARDED_FOR" not in request.META and "HTTP_FORWARDED" not in request.META
    )
