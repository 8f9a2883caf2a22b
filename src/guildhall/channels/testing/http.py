"""A small HTTP/1.1 server for fakes: one thread a connection, kept open, answers written at once.

Reads requests whole and notes the moment it had them; what they mean is for the caller.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader
from urllib.parse import unquote, urlsplit

LARGEST = 60 * 1024 * 1024
WORDS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
         409: "Conflict", 429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
         502: "Bad Gateway"}  # fmt: skip


@dataclass(slots=True)
class Request:
    """`arrived`: monotonic seconds when the last byte had been read."""

    verb: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    arrived: float


@dataclass(slots=True)
class Reply:
    """`hold`: seconds to wait before the answer; `cut`: the connection is closed without one."""

    status: int
    body: bytes
    content_type: str = "application/json"
    hold: float = 0.0
    cut: bool = False


@dataclass(slots=True)
class Upload:
    name: str
    content: bytes


class Doorway:
    """Listens on loopback; `close` and `open` again on the same port."""

    def __init__(self, answer: Callable[[Request], Reply], port: int = 0) -> None:
        self.answer = answer
        self.port = port
        self.stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def open(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=2048)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="fake-door", daemon=True).start()

    def close(self) -> None:
        """Nobody can connect any more, and who was connected is cut off."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="fake-call", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        try:
            while (request := read_request(stream)) is not None:
                reply = self.answer(request)
                if reply.hold:
                    self.stopping.wait(reply.hold)
                if reply.cut:
                    return
                connection.sendall(written(reply))
                if request.headers.get("connection", "").lower() == "close":
                    return
        except OSError:
            return
        finally:
            with self._lock:
                self._open.discard(connection)
            stream.close()
            connection.close()


def written(reply: Reply) -> bytes:
    head = (
        f"HTTP/1.1 {reply.status} {WORDS.get(reply.status, 'Error')}\r\n"
        f"Content-Type: {reply.content_type}\r\n"
        f"Content-Length: {len(reply.body)}\r\nConnection: keep-alive\r\n\r\n"
    )
    return head.encode() + reply.body


def read_request(stream: BufferedReader) -> Request | None:
    """The next request, or None when the other side is done or does not speak HTTP."""
    first = stream.readline(65536)
    parts = first.split()
    if len(parts) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := stream.readline(65536)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b"".join(iter(lambda: _chunk(stream), b""))
    else:
        length = int(headers.get("content-length") or 0)
        if length > LARGEST:
            return None
        body = stream.read(length) if length else b""
    arrived = time.monotonic()
    address = urlsplit(parts[1].decode("latin-1"))
    return Request(parts[0].decode("latin-1"), unquote(address.path), address.query, headers, body, arrived)


def _chunk(stream: BufferedReader) -> bytes:
    size = int(stream.readline(1024).split(b";")[0] or b"0", 16)
    body = stream.read(size)
    stream.readline(1024)
    return body


def multipart(body: bytes, kind: str) -> tuple[dict[str, str], dict[str, Upload]]:
    """The fields and files of a form; `kind` is its content type with the boundary."""
    boundary = kind.partition("boundary=")[2].split(";")[0].strip('" ').encode()
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        said = {}
        for piece in head.decode("utf-8", "replace").split("\r\n"):
            if piece.lower().startswith("content-disposition:"):
                for one in piece.split(";")[1:]:
                    name, _, value = one.strip().partition("=")
                    said[name] = value.strip('"')
        if "filename" in said:
            files[said.get("name", "")] = Upload(said["filename"], content)
        else:
            fields[said.get("name", "")] = content.decode("utf-8", "replace")
    return fields, files
