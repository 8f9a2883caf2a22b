"""The address that a calendar program asks for somebody's shifts. Whoever holds it reads that one calendar
and nothing else; a key that is unknown and one that was revoked look the same.
"""

from __future__ import annotations

import hashlib

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from guildhall.people.access import public
from guildhall.work.duty import feeds


@public
@require_safe
def calendar(request: HttpRequest, key: str) -> HttpResponse:
    """The calendar behind a key (text/calendar, UTF-8); 304 while nothing has changed."""
    feed = feeds.feed_of(key)
    if feed is None:
        raise Http404
    body = feeds.read(feed)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    answer: HttpResponse
    if tag in known or f"W/{tag}" in known:
        answer = HttpResponseNotModified()
    else:
        answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'inline; filename="duty.ics"'
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    return answer
