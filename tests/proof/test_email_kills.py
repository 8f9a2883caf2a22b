"""Kills of any process of a house while letters come into its mailbox and letters of ours leave.

The mail servers are real ones on loopback. Afterwards every letter that came is here once, no letter of ours
was taken twice by the server, and every doubt is listed. KILLS: how many (default 40). SEED: which.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from guildhall.channels.tests.email_scene import letter
from guildhall.channels.tests.mail_servers import PASSWORD, USER, Inbox, imap_server, smtp_server
from tests.house import House, wait_for
from tests.proof.fire import PATIENCE_S, kill_some

pytestmark = [pytest.mark.proof, pytest.mark.filterwarnings("ignore:Requiring AUTH")]
KILLS = int(os.environ.get("KILLS", "40"))
SEED = int(os.environ.get("SEED", "20261123"))
EVERY_S = 0.05
ADD = """
from guildhall.channels.email import mailboxes
made = mailboxes.add_mailbox(
    "support@guild.example", "system:proof", {"imap": %r, "smtp": %r}, way="imap",
    imap_host="127.0.0.1", imap_port=%d, imap_security="plain", imap_user=%r,
    smtp_host="127.0.0.1", smtp_port=%d, smtp_security="plain", smtp_user=%r,
)
print(json.dumps(made.pk))
"""
BEGUN = """
from guildhall.channels.email.models import Mailbox
print(json.dumps(Mailbox.objects.get().uid_validity != 0))
"""
QUEUE = """
from django.db import transaction
from guildhall.channels import actions
from guildhall.channels.email import contacts
from guildhall.channels.email.models import Mailbox
from guildhall.channels.port import Act, Verb
from guildhall.core import clock
from guildhall.core.clearance import Clearance, content_hash
mailbox = Mailbox.objects.get()
for n in range(%d, %d):
    text = f"Notice number {n}"
    yes = Clearance("service", "", content_hash(text), ("proof",), clock.now())
    with transaction.atomic():
        space = contacts.correspondence(mailbox, f"person{n}@example.org")
        actions.request(
            Act(Verb.SEND, space.pk, text=text), actor="system:proof", reason="proof", clearance=yes,
            unique_key=f"letter:{n}",
        )
print("1")
"""
STORED = """
from guildhall.channels.models import Message, Quarantine
from guildhall.effects.models import Effect
acts = Effect.objects.filter(unique_key__startswith="letter:")
print(json.dumps({
    "texts": list(Message.objects.filter(direction="in").values_list("text", flat=True)),
    "aside": Quarantine.objects.count(),
    "states": {e.unique_key.partition(":")[2]: e.state for e in acts},
    "open": acts.filter(state__in=["queued", "leased", "running"]).count(),
    "why": [str(e.error)[:200] for e in acts.filter(state="dead")[:5]],
}))
"""
LETTERS = 150


class Postman(threading.Thread):
    """Delivers letters until told to stop; remembers every one the mail server has taken."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(daemon=True)
        self.inbox, self.delivered = inbox, list[str]()
        self.ended = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ended.wait(EVERY_S):
            number += 1
            text = f"letter number {number}, 第 {number} 封"
            sender = f"Writer <writer{number % 7}@example.org>"
            self.inbox.deliver(letter(text, sender=sender, message_id=f"{number}@example.org"))
            self.delivered.append(text)


def test_kills_lose_no_letter_and_double_none(tmp_path: Path) -> None:
    with imap_server() as inbox, smtp_server() as outbox:
        house = House(
            tmp_path / "data",
            os.environ.get("DATABASE_URL", ""),
            {"GUILDHALL_LOG_LEVEL": "warning", "GUILDHALL_WORKER_THREADS": "4", "GUILDHALL_DEMO": "off"},
        )
        try:
            house.start(PATIENCE_S)
            house.django(ADD % (PASSWORD, PASSWORD, inbox.port, USER, outbox.port, USER))
            wait_for(lambda: house.django(BEGUN), PATIENCE_S, "the mailbox to be read")
            postman = Postman(inbox)
            postman.start()
            house.django(QUEUE % (0, LETTERS))
            killed = kill_some(house, KILLS, SEED)
            postman.ended.set()
            postman.join()
            wait_for(house.answers, PATIENCE_S, "web to be back")
            stored = wait_for(
                lambda: _settled(house, len(postman.delivered)), 300, "everything to be settled"
            )
        finally:
            house.kill()
        _judge(stored, postman.delivered, [str(one["Subject"]) for one in outbox.letters], killed)


def _settled(house: House, wanted: int) -> Any:
    stored = house.django(STORED)
    if stored["open"] or len(set(stored["texts"])) < wanted:
        time.sleep(1)
        return None
    return stored


def _judge(stored: Any, delivered: list[str], taken: list[str], killed: Counter[str]) -> None:
    here, sent = Counter(stored["texts"]), Counter(taken)
    states = {f"Notice number {n}": state for n, state in stored["states"].items()}
    print(
        f"\n{killed.total()} kills {dict(killed)}: {len(delivered)} letters came, {len(here)} here; "
        f"{len(states)} letters of ours {dict(Counter(states.values()))}, {sent.total()} taken by the server; "
        f"put aside {stored['aside']}; dead: {stored['why']}"
    )
    assert [text for text in delivered if here[text] == 0] == [], "lost"
    assert [text for text in delivered if here[text] > 1] == [], "doubled"
    assert stored["aside"] == 0
    assert [text for text, times in sent.items() if times > 1] == [], "sent twice"
    assert [text for text, state in states.items() if state == "done" and sent[text] != 1] == []
    assert set(states.values()) <= {"done", "uncertain"}
    assert len(states) == LETTERS
