"""What the engine of effects runs for affiliate APIs: the turns of a pull, the look at which are due, and
dropping evidence whose time is over.
"""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.exchange.venues import erasing, pulling

DUE, FORGET = "exchange.pulls_due", "exchange.forget_answers"


def register() -> None:
    """Called once, when Django starts."""
    turn = Text("Pull what an exchange reports about the people we brought", "从交易所拉取返佣数据")
    performers.performer(pulling.KIND, lease_s=120, describe=turn)(_turn)
    due = Text("Begin pulls from exchanges that are due", "启动到期的交易所数据拉取")
    performers.performer(DUE, lease_s=60, max_attempts=1, describe=due)(_due)
    schedules.schedule(DUE, "*/5 * * * *", DUE, describe=due)
    erasing.register()
    forget = Text("Drop old answers of exchanges; their hashes stay", "清理过期的交易所原始返回，保留哈希")
    performers.performer(FORGET, lease_s=120, max_attempts=1, describe=forget)(_forget)
    schedules.schedule(FORGET, "40 3 * * *", FORGET, describe=forget)


def _turn(effect: Claimed) -> Done:
    is_over = pulling.turn(str(effect.payload["pull"]), int(effect.payload["turn"]))
    return Done({"over": is_over})


def _due(effect: Claimed) -> Done:
    return Done({"begun": pulling.begin_due()})


def _forget(effect: Claimed) -> Done:
    return Done({"dropped": pulling.forget_bodies()})
