"""Everything that can happen at a gate: the only writers of `models.gates`.

`setting` keeps how a gate asks; `opening` meets who comes, `asking` puts the question, `answering` takes what
they answer, `ending` lets them in or sends them away, `trials` watches them for a while, `by_hand` is for
people, `calling` fetches one.
"""

from guildhall.guard.actions.gates.answering import Told, come_in, press, typed
from guildhall.guard.actions.gates.asking import DATA, LET_IN, TURN_AWAY
from guildhall.guard.actions.gates.by_hand import (
    let_everybody_in,
    let_in,
    settled_elsewhere,
    turn_away,
    went_away,
)
from guildhall.guard.actions.gates.opening import Coming, arrive
from guildhall.guard.actions.gates.setting import harden, set_gate, soften
from guildhall.guard.actions.gates.trials import Kept, end_by_hand

__all__ = [
    "DATA",
    "LET_IN",
    "TURN_AWAY",
    "Coming",
    "Kept",
    "Told",
    "arrive",
    "come_in",
    "end_by_hand",
    "harden",
    "let_everybody_in",
    "let_in",
    "press",
    "set_gate",
    "settled_elsewhere",
    "soften",
    "turn_away",
    "typed",
    "went_away",
]
