"""Files of a ticket: pictures are shown, everything else is handed out as a download, nothing is ever run."""

from __future__ import annotations

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guildhall.console.desk_ticket import found
from guildhall.console.house_words import known
from guildhall.desk import scope, showing
from guildhall.desk.models import Attachment
from guildhall.people.access import requires

SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


@requires("desk.view")
@require_safe
def ticket_file(request: HttpRequest, ticket_id: str, file_id: str) -> HttpResponse:
    """One file of a ticket, for a reader who may see what is in it."""
    me, one = known(request), found(request, ticket_id)
    entries = scope.entries_for(me, one)
    file = Attachment.objects.select_related("entry").filter(pk=file_id, entry__in=entries).first()
    if file is None or not showing.for_reader(me).may_open(file):
        raise Http404
    is_picture = file.mime in SHOWN
    response = HttpResponse(
        bytes(file.body), content_type=file.mime if is_picture else "application/octet-stream"
    )
    how = "inline" if is_picture else "attachment"
    response.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(file.name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return response
