"""State of the desk, a file for each noun. Rows are written by `actions` only."""

from guildhall.desk.models.tickets import (
    Attachment,
    Category,
    Entry,
    Macro,
    Ticket,
    TimelineEvent,
)
from guildhall.desk.models.vendors import Vendor

__all__ = ["Attachment", "Category", "Entry", "Macro", "Ticket", "TimelineEvent", "Vendor"]
