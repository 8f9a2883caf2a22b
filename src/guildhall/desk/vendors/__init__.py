"""Outsourced teams: whose queue a ticket goes to, what was agreed, what a month comes to, how well they do.

`queue_for(ticket)` is what assignment asks. Who of a vendor may read what is decided in `desk.scope`.
"""

from guildhall.desk.vendors.queues import queue_for

__all__ = ["queue_for"]
