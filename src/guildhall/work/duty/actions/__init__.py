"""The only writers of duty: shifts and who takes whose place, patterns, swaps, leave, needs, feeds."""

from guildhall.work.duty.actions.shifts import NewShift, Put, put_shifts

__all__ = ["NewShift", "Put", "put_shifts"]
