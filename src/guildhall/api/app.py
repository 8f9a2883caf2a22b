"""The REST API assembled: one router a noun, errors as problems, the OpenAPI document complete.

Every operation names its scope; a bearer token must carry it and its owner must hold the permission behind
it, and so must whoever calls with the session of the console.
"""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI

from guildhall.api import cases, duty, errors, feeds, ledger, members, messages, partners, spaces, tickets
from guildhall.api.rendering import OrjsonRenderer

PREFIX = "/api/v1/"
DESCRIPTION = """\
Everything a program may know and do in Guildhall.

**Tokens.** Make one under Settings, API tokens, and send it as `Authorization: Bearer gh_…`. A token carries
scopes and acts for its owner: it never reaches further than they could, and names are masked for whoever may
not see them.

**Pages.** Lists come newest first. `next` of an answer is the `cursor` of the next page.

**Feeds.** Exchanges sign what they send with the secret of their feed instead of a token.

**Errors.** Always `{"code", "message", "field"}`; `code` is for programs and does not change, `message` is in
the language of `Accept-Language` (en, zh-hans, zh-hant).

**Writing twice.** Send an `Idempotency-Key` with a write: the same key and request get the first answer again
for two days, the same key with another request is refused with 409.
"""


class Api(NinjaAPI):
    """NinjaAPI without the pages of its own: the description and the reference are served by `pages`."""

    def patterns(self) -> list[URLPattern | URLResolver]:
        """The addresses of the operations."""
        self._validate()
        return [url for url in self._get_urls() if getattr(url, "name", "") != "api-root"]

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        document = dict(self.get_openapi_schema(path_prefix=PREFIX))
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["FeedSignature"] = {
            "type": "apiKey",
            "in": "header",
            "name": "X-Guildhall-Signature",
            "description": "HMAC-SHA256 with the secret of a feed; see the page about feeds in the manual.",
        }
        return document

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)


api = Api(
    title="Guildhall API",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api-v1",
    docs_url=None,
    openapi_url=None,
    renderer=OrjsonRenderer(),
)
errors.register(api)
api.add_router("/members", members.router, tags=["members"])
api.add_router("/spaces", spaces.router, tags=["spaces"])
api.add_router("/messages", messages.router, tags=["messages"])
api.add_router("/cases", cases.router, tags=["cases"])
api.add_router("/duty", duty.router, tags=["duty"])
api.add_router("/feeds", feeds.router, tags=["feeds"])
api.add_router("/ledger", ledger.router, tags=["ledger"])
api.add_router("/partners", partners.router, tags=["partners"])
api.add_router("/tickets", tickets.router, tags=["tickets"])
