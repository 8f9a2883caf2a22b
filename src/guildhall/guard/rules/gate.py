"""What the gate has to say of a message: its sender is on trial and may not post this yet.

Nothing is detected here: the trial stands beside the judgement, and gives its reason a number like all
others.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard.rules.evidence import Rule

ON_TRIAL = Rule(
    "GATE-1",
    400,
    Text("A newcomer on trial posted {en}.", "试用期内的新成员发送了{zh}。"),
    "house rule: the gate of the space",
)
RULES = {ON_TRIAL.id: ON_TRIAL}
