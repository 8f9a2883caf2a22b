"""One made-up venue on loopback: the frame around what each platform says."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from guildhall.channels.testing.http import Doorway, Reply, Request
from guildhall.core import clock
from guildhall.exchange.testing.venues.world import World

KEY, SECRET, PASSPHRASE = "key-of-ours", "secret-of-ours", "pass-of-ours"
RECEIVE_MS = 5000


class Refused(Exception):
    """The venue's own refusal: HTTP status, code, words."""

    def __init__(self, status: int, code: str, said: str) -> None:
        super().__init__(said)
        self.status, self.code, self.said = status, code, said


@dataclass
class VenueServer(ABC):
    """`asked`: every signed request as (path, query). Subclasses say what a platform says."""

    world: World
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def now_ms(self) -> int:
        """The venue's own clock."""
        return int(clock.now().timestamp() * 1000) + self.world.skew_ms

    def answer(self, request: Request) -> Reply:
        """What it says to one request."""
        try:
            told = self.time(request.path)
            if told is not None:
                return _json(200, told)
            query = dict(parse_qsl(request.query, keep_blank_values=True))
            self.check(request, query)
            body = json.loads(request.body) if request.body else {}
            with self._lock:
                trick = self.world.mischief.pop(0) if self.world.mischief else ""
                self.asked.append((request.path, query | body))
            if trick:
                return self._tricked(trick, request, query | body)
            return _json(200, self.good(self.said(request.path, query | body)))
        except Refused as refused:
            self.refused.append(refused.code)
            return _json(refused.status, self.bad(refused))

    def _tricked(self, trick: str, request: Request, given: dict[str, str]) -> Reply:
        match trick:
            case "429":
                raise Refused(429, self.pace_code, "too many requests")
            case "503":
                return Reply(503, b"upstream", content_type="text/plain")
            case "cut":
                return Reply(200, b"", cut=True)
            case "html":
                return Reply(200, b"<html>maintenance</html>", content_type="text/html")
            case "wrong_key":
                raise Refused(401, self.key_code, "invalid api key")
            case "renamed":
                said = json.dumps(self.good(self.said(request.path, given)))
                for name in self.renames:
                    said = said.replace(f'"{name}"', f'"{name}V2"')
                return Reply(200, said.encode())
        raise Refused(400, "1", "no such thing")

    pace_code = ""
    key_code = ""
    renames: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def time(self, path: str) -> Any | None:
        """The answer about the clock, when `path` asks for it."""

    @abstractmethod
    def check(self, request: Request, query: dict[str, str]) -> None:
        """Raise Refused for a wrong signature, key or time."""

    @abstractmethod
    def said(self, path: str, given: dict[str, str]) -> Any:
        """What is behind a path."""

    @abstractmethod
    def good(self, said: Any) -> Any:
        """The envelope of a good answer."""

    @abstractmethod
    def bad(self, refused: Refused) -> Any:
        """The envelope of a refusal."""


def _json(status: int, said: Any) -> Reply:
    return Reply(status, json.dumps(said).encode())


@contextmanager
def standing(venue: VenueServer, port: int = 0) -> Iterator[str]:
    """The venue on loopback for a while; yields its address."""
    door = Doorway(venue.answer, port)
    door.open()
    try:
        yield f"http://127.0.0.1:{door.port}"
    finally:
        door.stopping.set()
        door.close()
