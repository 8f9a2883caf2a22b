"""A town at the fake WeChat whose callbacks come through our hooks and intake, one after the other in this
thread: sealed by the fake's own cryptography, admitted, opened, recorded.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from guildhall.channels.hooks import Answer, Call
from guildhall.channels.testing.wecom.letters import Callback
from guildhall.channels.tests.wecom_town import Town
from guildhall.channels.wecom import accounts, callbacks
from guildhall.core import clock
from guildhall.effects.testing import drain
from guildhall.intake.pipeline import Outcome, Raw, ingest


@dataclass(slots=True)
class Scene:
    """What the fake has to tell waits in `letters` until somebody listens."""

    town: Town
    letters: deque[tuple[Any, str]] = field(default_factory=deque)
    corp_hook: Any = field(default_factory=callbacks.corp_hook)
    account_hook: Any = field(default_factory=callbacks.account_hook)

    def __post_init__(self) -> None:
        for owner, row in ((self.town.corp, self.town.row), (self.town.account, self.town.official)):
            token, key = accounts.callback_words(owner.id)
            owner.callbacks["any"] = Callback(accounts.callback_address(row), token, key, owner.id)
        self.town.fake.world.post = lambda owner, agent, plain: self.letters.append((owner, plain))

    def listen(self, *, drained: bool = True) -> list[Answer]:
        """Have everything that waits carried to our door, then the effects it caused done."""
        answers = []
        while self.letters:
            owner, plain = self.letters.popleft()
            answers.append(self.carry(owner, plain))
        if drained:
            drain()
        return answers

    def carry(self, owner: Any, plain: str, *, at: int = 0) -> Answer:
        """One callback to our door; what it answers. `at`: signed then (0: now)."""
        query, body = self.town.fake.sealed(owner, plain, at)
        return self.post(owner, query, body)

    def post(self, owner: Any, query: str, body: bytes, method: str = "POST") -> Answer:
        """A call as it comes, recorded like the door does."""
        is_corp = owner is self.town.corp
        hook, row = (self.corp_hook, self.town.row) if is_corp else (self.account_hook, self.town.official)
        call = Call(method, row.pk, query, {}, clock.now())
        status = hook.admit(call)
        if status != 200:
            return Answer(status)
        answer: Answer = hook.receive(Call(method, row.pk, query, {}, call.at, body))
        if answer.status == 200 and answer.bodies:
            self.take(hook.platform, *answer.bodies)
        return answer

    def take(self, platform: str, *bodies: bytes) -> list[Outcome]:
        return ingest([Raw(platform, body, clock.now()) for body in bodies])
