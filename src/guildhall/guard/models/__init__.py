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
from guildhall.guard.models.behaviour import (
    Arrival,
    Campaign,
    CampaignMessage,
    Conduct,
    Fingerprint,
    Raid,
    RaidNewcomer,
    RaidStep,
    Surge,
)
from guildhall.guard.models.feeds import Feed, FeedContent, LookedUp, LookUpList
from guildhall.guard.models.gates import Gate, GateAttempt, Probation
from guildhall.guard.models.identity import Picture, Portrait, Shown, Suspect
from guildhall.guard.models.learning import (
    Evaluation,
    GuardDay,
    ModelVersion,
    RuleDay,
    TrainingBand,
    TrainingLook,
    TrainingRow,
)
from guildhall.guard.models.policies import MeasuredKind, ReachCheck

__all__ = [
    "ACTOR_LENGTH",
    "Arrival",
    "Campaign",
    "CampaignMessage",
    "Case",
    "Conduct",
    "DomainEntry",
    "Evaluation",
    "Example",
    "Feed",
    "FeedContent",
    "Fingerprint",
    "Gate",
    "GateAttempt",
    "GuardDay",
    "HandMeasure",
    "LookedUp",
    "LookUpList",
    "MeasuredKind",
    "ModelVersion",
    "Pause",
    "Picture",
    "Policy",
    "PolicyVersion",
    "Portrait",
    "Probation",
    "ProtectedName",
    "Raid",
    "RaidNewcomer",
    "RaidStep",
    "ReachCheck",
    "Report",
    "RuleDay",
    "SampleDay",
    "ShadowRun",
    "Shown",
    "SpacePolicy",
    "Stamp",
    "Surge",
    "Suspect",
    "TrainingBand",
    "TrainingLook",
    "TrainingRow",
    "VerdictRecord",
]
