"""A moderator at work during a proof: opens page after page as people do, decides what waits, and notes how long
each answer took.
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import defaultdict
from urllib.parse import urlencode

from tests.house import House

SIGN_IN = """
from django.conf import settings
from django.test import Client
from guildhall.people import testing
staff = testing.make_staff("manager", email=%r, name="Mei Chen")
signed = testing.sign_in(Client(), staff).cookies[settings.SESSION_COOKIE_NAME]
print(json.dumps(f"{signed.key}={signed.value}"))
"""
_CASE = re.compile(r'href="/review/([0-9A-Z]{26})/')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_SET = re.compile(r"guildhall_csrf=[^;]+")


class Moderator(threading.Thread):
    """One signed-in moderator until told to stop. `took`: seconds by page; `decided`: cases; `wrong`: answers
    that were neither a page nor a redirect.
    """

    def __init__(self, house: House, email: str, pause_s: float = 0.2) -> None:
        super().__init__(daemon=True)
        self.took: dict[str, list[float]] = defaultdict(list)
        self.decided: list[str] = []
        self.wrong: list[str] = []
        self.ended = threading.Event()
        self._house, self._pause_s = house, pause_s
        self._cookie = str(house.django(SIGN_IN % email))
        self._connection = http.client.HTTPConnection("localhost", house.port, timeout=30)

    def run(self) -> None:
        while not self.ended.is_set():
            self._look("today", "/")
            self._look("today, live", "/today/live/")
            self._look("messages", "/messages/")
            self._look("messages, found", "/messages/?" + urlencode({"q": "funding"}))
            self._look("members", "/members/")
            self._look("members, found", "/members/?" + urlencode({"q": "raider"}))
            page = self._look("review", "/review/")
            for case in dict.fromkeys(_CASE.findall(page)[:3]):
                opened = self._look("a case", f"/review/{case}/")
                token = _TOKEN.search(opened)
                if token is not None:
                    self._decide(case, token[1])

    @property
    def all(self) -> list[float]:
        """Seconds of every answer."""
        return [seconds for taken in self.took.values() for seconds in taken]

    def _decide(self, case: str, token: str) -> None:
        verb = "uphold" if len(self.decided) % 2 else "dismiss"
        body = urlencode({"csrfmiddlewaretoken": token, "note": ""}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        if self._ask("a decision", "POST", f"/review/{case}/{verb}/", body, headers)[0] == 303:
            self.decided.append(case)

    def _look(self, page: str, path: str) -> str:
        return self._ask(page, "GET", path)[1]

    def _ask(
        self,
        page: str,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        began = time.monotonic()
        try:
            self._connection.request(method, path, body, {"Cookie": self._cookie, **(headers or {})})
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self.wrong.append(f"{path}: {type(error).__name__}")
            return 0, ""
        self.took[page].append(time.monotonic() - began)
        if answer.status not in (200, 303):
            self.wrong.append(f"{path}: {answer.status}")
        for given in answer.headers.get_all("Set-Cookie") or ():
            if match := _SET.match(given):
                self._cookie = f"{self._cookie.partition('; guildhall_csrf=')[0]}; {match[0]}"
        self.ended.wait(self._pause_s)
        return answer.status, text
