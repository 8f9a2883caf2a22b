"""The door of exchanges: batches in, whole or in parts, signed with the feed's own secret; and how feeds
are.

A batch is on the disk before it is answered. What is answered is how far it is: a small one has been read
when the sender hears of it, and every bad row of it is named in the answer.
"""

from __future__ import annotations

import gzip
import zlib
from datetime import datetime
from typing import Annotated, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from ninja.errors import AuthenticationError, HttpError
from pydantic import Field

from guildhall.api.rendering import answers, says
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.exchange import files, queries, signing
from guildhall.exchange.actions import batches, feeds, working
from guildhall.exchange.models import Batch, Feed
from guildhall.people.access import api_auth, public

router = Router()
SCOPE = "feeds:write"
MOST_AT_ONCE: Final = 64 << 20
"""Bytes of one request; more comes in parts."""
READ_AT_ONCE: Final = 256 << 10
ROWS_AT_ONCE: Final = 5_000
_LISTED = 100
_PIECE = 1 << 20
_log = get_logger(__name__)
_SLUG = Annotated[str, Path(max_length=60, pattern="^[-a-zA-Z0-9_]+$")]
_TABLE = Annotated[str, Query(max_length=40, pattern="^[a-z_]*$", description="Empty: the feed's own.")]
_HEADERS = [
    {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
    for name, text in (
        (signing.TIMESTAMP, "Unix time in seconds; at most five minutes off."),
        (signing.SIGNATURE, "`v1=` and the HMAC-SHA256 of the request in hexadecimal digits."),
        (signing.KEY, "The sender's name for the batch; the same key with the same body is the same batch."),
    )
]
_BODY = {
    "required": True,
    "content": {
        kind: {"schema": {"type": "string", "format": "binary"}}
        for kind in ("application/x-ndjson", "application/vnd.apache.parquet", "text/csv")
    },
}


class BadRowOut(Schema):
    """A row that was not taken."""

    line: int = Field(description="1-based, of the batch as it was sent.")
    field: str
    reason: str = Field(description="In the language of Accept-Language.")


class BatchOut(Schema):
    """How far a batch is."""

    id: str
    key: str
    table: str
    state: str = Field(description="arriving, mapping, received, read, shipped, failed or dropped.")
    sha256: str
    size: int = Field(description="Bytes as they were sent.")
    arrived: int = Field(description="Bytes that are here; the next part begins there.")
    counts: dict[str, int] = Field(
        description="rows, good, bad, repeated; then new, same, conflicts, refused of the table."
    )
    problem: str = Field(description="Why it failed; empty when it did not.")
    bad: list[BadRowOut] = Field(description="The first hundred rows that were not taken.")


class FeedOut(Schema):
    """A feed and how it is."""

    slug: str
    name: str
    venue: str
    way: str = Field(description="http, folder, bucket or file.")
    table: str
    health: str = Field(description="ok, silent, failing, paused or new.")
    last_batch_at: datetime | None
    bad_rows: int = Field(description="Rows that wait to be mended.")


class FeedList(Schema):
    """All feeds, by name."""

    items: list[FeedOut]


def _signed(*, has_body: bool) -> dict[str, Any]:
    said = {**says(SCOPE), "parameters": _HEADERS, "security": [{"FeedSignature": []}]}
    return {**said, "requestBody": _BODY} if has_body else said


@router.get(
    "", auth=api_auth(SCOPE), response=answers(FeedList), openapi_extra=says(SCOPE), summary="List feeds"
)
def list_feeds(request: HttpRequest) -> FeedList:
    """Every feed and how it is."""
    return FeedList(
        items=[
            FeedOut(
                slug=one.feed.slug, name=one.feed.name, venue=one.feed.venue, way=one.feed.way,
                table=one.feed.table, health=one.state, last_batch_at=one.last.at if one.last else None,
                bad_rows=one.bad_rows,
            )
            for one in queries.healths()
        ]
    )  # fmt: skip


@router.post(
    "/{slug}/batches",
    auth=None,
    response={**answers(BatchOut, 404, 409, 413), 202: BatchOut},
    openapi_extra=_signed(has_body=True),
    summary="Send a batch",
)
@public
def send_batch(request: HttpRequest, slug: _SLUG, table: _TABLE = "") -> HttpResponse:
    """A batch of one table: JSON lines, Parquet or CSV, packed with gzip or not; at most 64 MB. 202: received
    and on the disk; 200: read, with every count. The same key and body again get the present state; another
    body gets 409.
    """
    feed, key, signer, given = _sender(request, slug)
    with files.Receiving(f"http-{clock.now().timestamp():.6f}-{id(request)}") as taken:
        _take(request, signer, given, taken)
        batch, is_new = batches.receive(feed, key, taken, by=f"feed:{feed.id}", table=table)
    if is_new and batch.size <= READ_AT_ONCE and _is_small(batch):
        batch = working.read(batch.id)
    return _answer(batch)


@router.put(
    "/{slug}/parts",
    auth=None,
    response={**answers(BatchOut, 404, 409, 413), 202: BatchOut},
    openapi_extra=_signed(has_body=True),
    summary="Send a part of a batch",
)
@public
def send_part(
    request: HttpRequest,
    slug: _SLUG,
    offset: Annotated[int, Query(ge=0, description="Where the part begins, in bytes.")],
    total: Annotated[int, Query(ge=1, description="Bytes of the whole batch.")],
    sha256: Annotated[str, Query(pattern="^[0-9a-f]{64}$", description="Of the whole batch.")],
    table: _TABLE = "",
) -> HttpResponse:
    """A part of a batch that is too large, or a line too poor, for one request; at most 64 MB each. A part
    that is here already changes nothing; a gap gets 409, and `arrived` of the batch says where to go on.
    """
    feed, key, signer, given = _sender(request, slug)
    with files.Receiving(f"part-{clock.now().timestamp():.6f}-{id(request)}") as taken:
        _take(request, signer, given, taken)
        batch, _size = batches.receive_part(
            feed, key, taken, table=table, offset=offset, total=total, sha256=sha256, by=f"feed:{feed.id}"
        )
    return _answer(batch)


@router.get(
    "/{slug}/batches",
    auth=None,
    response=answers(BatchOut, 404),
    openapi_extra=_signed(has_body=False),
    summary="How far a batch is",
)
@public
def get_batch(request: HttpRequest, slug: _SLUG) -> HttpResponse:
    """The batch of the Idempotency-Key: how far it is, its counts, its bad rows."""
    feed, key, signer, given = _sender(request, slug)
    _verify(feed, signer, given)
    batch = Batch.objects.filter(feed=feed, key=key).first()
    if batch is None:
        raise NotFound(Text("No batch came under this key.", "没有使用该键的批次。"))
    return _answer(batch, status=200)


def _is_small(batch: Batch) -> bool:
    """Whether a batch holds as little as it weighs; what a sender packed tightly is for the worker."""
    path = files.file_of(batch.id)
    with path.open("rb") as file:
        magic = file.read(4)
    try:
        if magic == b"PAR1":
            return int(pq.read_metadata(path).num_rows) <= ROWS_AT_ONCE
        if magic[:2] == b"\x1f\x8b":
            with gzip.open(path) as packed:
                return len(packed.read(4 * READ_AT_ONCE + 1)) <= 4 * READ_AT_ONCE
    except (OSError, EOFError, zlib.error, pa.ArrowException):
        return True  # damaged: reading says so at once
    return True


_Signers = list[signing.Signer]


def _sender(request: HttpRequest, slug: str) -> tuple[Feed, str, _Signers, str]:
    """Whose request it says it is. Whether that is true is known when the body has been taken."""
    headers = request.headers
    key, given = headers.get(signing.KEY, ""), headers.get(signing.SIGNATURE, "")
    at = signing.timestamp_of(headers.get(signing.TIMESTAMP, ""), clock.now())
    feed = Feed.objects.filter(slug=slug, way=Feed.Way.HTTP).first()
    if at is None:
        raise AuthenticationError(
            message=_("The time of the request is missing or more than five minutes off.")
        )
    if feed is None or not given:
        raise _wrong_signature()
    target = request.get_full_path()
    secrets = feeds.secrets_of(feed)
    signers = [signing.Signer(secret, at, request.method or "", target, key) for secret in secrets]
    return feed, key, signers, given


def _take(request: HttpRequest, signers: _Signers, given: str, taken: files.Receiving) -> None:
    """Take the body to disk and see that its sender is who they say. Raises BadInput, AuthenticationError."""
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > MOST_AT_ONCE:
        raise HttpError(413, _("A request has at most 64 MB; send the batch in parts."))
    while piece := request.read(_PIECE):
        for signer in signers:
            signer.take(piece)
        if taken.size + len(piece) > MOST_AT_ONCE:
            raise HttpError(413, _("A request has at most 64 MB; send the batch in parts."))
        taken.take(piece)
    if not any(signer.agrees(given) for signer in signers):
        raise _wrong_signature()
    if not taken.size:
        raise BadInput(Text("The batch is empty.", "批次为空。"), field="body", code="empty")


def _verify(feed: Feed, signers: _Signers, given: str) -> None:
    if not any(signer.agrees(given) for signer in signers):
        _log.warning("feeds.wrong_signature", feed=feed.slug)
        raise _wrong_signature()


def _wrong_signature() -> AuthenticationError:
    """The same for an unknown feed and a wrong signature, so that nobody learns which feeds there are."""
    return AuthenticationError(message=_("The signature is not that of this feed."))


def _answer(batch: Batch, status: int = 0) -> HttpResponse:
    is_read = batch.state not in (Batch.State.ARRIVING, Batch.State.RECEIVED)
    bad = batch.bad_rows.order_by("line")[:_LISTED] if is_read else ()
    said = BatchOut(
        id=batch.id,
        key=batch.key,
        table=batch.table,
        state=batch.state,
        sha256=batch.sha256,
        size=batch.size,
        arrived=batches.arrived(batch),
        counts={name: value for name, value in batch.counts.items() if isinstance(value, int)},
        problem=str(Text.from_json(batch.problem)) if batch.problem else "",
        bad=[
            BadRowOut(line=row.line, field=row.field, reason=str(Text.from_json(row.reason))) for row in bad
        ],
    )
    return JsonResponse(said.model_dump(mode="json"), status=status or (200 if is_read else 202))
