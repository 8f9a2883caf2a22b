"""The one way out by HTTP: time limits, no redirects, no proxies from the environment, answers of bounded
size.

Names are resolved here and the connection goes to the very address that was checked, so a name that points
inside (loopback, private, link-local networks) is refused even when it changes between look-up and
connection.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import httpcore
import httpx

from guildhall.core.errors import Permanent, Temporary
from guildhall.core.text import Text

CONNECT_S, READ_S, WHOLE_S = 5.0, 15.0, 30.0
MOST_BYTES = 1 << 20
_METADATA = ("user-agent", "Guildhall")


class InsideTarget(Permanent):
    """The address is not on the public internet, and the settings do not allow that."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: HTTP status, headers (lower-case names), at most the allowed number of bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_public(address: str) -> bool:
    """Whether an IP address (also IPv4 dressed as IPv6) is one that strangers may be sent to."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if found in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


def client(*, allow_inside: bool = False) -> httpx.Client:
    """A new client with the house's limits; close it. allow_inside: also loopback and private networks."""
    return httpx.Client(
        transport=_Transport(allow_inside),
        timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
        follow_redirects=False,
        trust_env=False,
        headers=[_METADATA],
    )


def fetch(
    using: httpx.Client,
    method: str,
    url: str,
    *,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
    within_s: float = WHOLE_S,
) -> Reply:
    """Send one request and read its answer, all within `within_s` seconds.

    Raises InsideTarget for an address that is not allowed; Permanent for an answer that is too long or an
    address that cannot be one; Temporary when the other side cannot be reached or is too slow.
    """
    deadline = time.monotonic() + within_s
    try:
        with using.stream(method, url, content=content, headers=dict(headers or {})) as answer:
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > most_bytes:
                    raise Permanent(
                        Text(
                            f"The answer is longer than {most_bytes} bytes.", f"响应超过 {most_bytes} 字节。"
                        )
                    )
                if time.monotonic() > deadline:
                    raise Temporary(Text("The answer took too long.", "响应耗时过长。"))
            return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, bytes(body))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise Permanent(Text(f"Not an address: {error}", f"网址无效：{error}")) from error
    except (httpx.TransportError, httpx.StreamError) as error:
        said = str(error) or type(error).__name__
        raise Temporary(Text(f"Not reachable: {said}", f"无法连接：{said}")) from error


class _Transport(httpx.BaseTransport):
    """httpx over a connection pool that looks names up by `_Guarded`."""

    def __init__(self, allow_inside: bool) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=20,
            max_keepalive_connections=5,
            keepalive_expiry=10.0,
            network_backend=_Guarded(allow_inside),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            answer = self._pool.handle_request(asked)
        except _FAILURES as error:
            raise _as_httpx(error) from error
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except _FAILURES as error:
            raise _as_httpx(error) from error

    def close(self) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()


_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


def _as_httpx(error: Exception) -> httpx.TransportError:
    if isinstance(error, httpcore.UnsupportedProtocol):
        return httpx.UnsupportedProtocol(str(error))
    if isinstance(error, httpcore.TimeoutException):
        return httpx.ReadTimeout(str(error) or "timed out")
    return httpx.NetworkError(str(error) or type(error).__name__)


class _Guarded(httpcore.SyncBackend):
    """Connects to addresses it has looked up and checked itself; TLS still verifies the name."""

    def __init__(self, allow_inside: bool) -> None:
        super().__init__()
        self._allow_inside = allow_inside

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._look_up(host, port)
        for address in addresses[:-1]:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                continue
        return super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        raise InsideTarget(Text("Not an internet address.", "不是互联网地址。"))

    def _look_up(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"no address for {host}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = [a for a in addresses if self._allow_inside or is_public(a)]
        if not allowed:
            raise InsideTarget(
                Text(
                    f"{host} is not on the public internet; GUILDHALL_WEBHOOKS_INSIDE allows such targets.",
                    f"{host} 不是公网地址；如需允许，请设置 GUILDHALL_WEBHOOKS_INSIDE。",
                )
            )
        return allowed
