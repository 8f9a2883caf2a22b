"""State of the guard: policies and their versions, lists, verdicts, cases, examples, trial runs.

Invariants stand as constraints: one active version of a policy, one appeal of a message, one verdict case
of a message version. Rows are written by `actions` only; verdicts and cases of the hot path come in raw
batches, so every column is given there.
"""

from guildhall.guard.models.base import (
    ACTOR_LENGTH,
    Case,
    DomainEntry,
    Example,
    HandMeasure,
    Pause,
    Policy,
    PolicyVersion,
    ProtectedName,
    Report,
    SampleDay,
    ShadowRun,
    SpacePolicy,
    Stamp,
    VerdictRecord,
)
from guildhall.guard.models.learning import (
    Evaluation,
    GuardDay,
    ModelVersion,
    RuleDay,
    TrainingBand,
    TrainingLook,
    TrainingRow,
)

__all__ = [
    "ACTOR_LENGTH",
    "Case",
    "DomainEntry",
    "Evaluation",
    "Example",
    "GuardDay",
    "HandMeasure",
    "ModelVersion",
    "Pause",
    "Policy",
    "PolicyVersion",
    "ProtectedName",
    "Report",
    "RuleDay",
    "SampleDay",
    "ShadowRun",
    "SpacePolicy",
    "Stamp",
    "TrainingBand",
    "TrainingLook",
    "TrainingRow",
    "VerdictRecord",
]
