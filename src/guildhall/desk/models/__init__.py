"""State of the desk, a file for each noun. Rows are written by `actions` only."""

from guildhall.desk.models.clocks import ChainStep, Clock, EscalationChain
from guildhall.desk.models.doors import DoorRule, DoorWords
from guildhall.desk.models.escalations import Escalation, EscalationStep, ExchangeTeam
from guildhall.desk.models.figures import FigureDay, FigureMark, FigureTarget
from guildhall.desk.models.handover import AssignmentRules, Handover, HandoverAction, HandoverLine
from guildhall.desk.models.people import AgentProfile
from guildhall.desk.models.quality import (
    Appeal,
    Coaching,
    Review,
    SamplingRule,
    Scorecard,
    ScorecardVersion,
)
from guildhall.desk.models.sla import PolicyVersion, SlaPolicy
from guildhall.desk.models.tickets import (
    Attachment,
    Category,
    Entry,
    Macro,
    Ticket,
    TicketDoc,
    TimelineEvent,
)
from guildhall.desk.models.vendors import BilledTicket, Vendor, VendorInvoice, VendorRoute

__all__ = [
    "VendorRoute",
    "VendorInvoice",
    "BilledTicket",
    "ScorecardVersion",
    "Scorecard",
    "SamplingRule",
    "Review",
    "Coaching",
    "Appeal",
    "AgentProfile",
    "AssignmentRules",
    "Attachment",
    "Category",
    "ChainStep",
    "Clock",
    "DoorRule",
    "DoorWords",
    "Entry",
    "Escalation",
    "EscalationStep",
    "ExchangeTeam",
    "EscalationChain",
    "FigureDay",
    "FigureMark",
    "FigureTarget",
    "Handover",
    "HandoverAction",
    "HandoverLine",
    "Macro",
    "PolicyVersion",
    "SlaPolicy",
    "Ticket",
    "TicketDoc",
    "TimelineEvent",
    "Vendor",
]
