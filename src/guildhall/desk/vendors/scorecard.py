"""How well a vendor does in a month: what it solved, promises kept, ratings, quality, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Avg, Count, Q

from guildhall.desk import quality_queries
from guildhall.desk.models import Ticket, Vendor
from guildhall.desk.vendors import invoicing
from guildhall.desk.vendors.terms import METRICS, Terms

FULL = 10_000


@dataclass(frozen=True, slots=True)
class VendorScore:
    """Figures of one vendor in one month. Shares in hundredths of a percent, None where nothing was counted.

    `rating` is the mean of 1 to 5 in hundredths; `points` of quality in hundredths of a point; `seconds` on
    duty.
    """

    vendor: Vendor
    month: date
    solved: int
    open_now: int
    reopened: int
    rated: int
    rating: int | None
    kept: dict[str, tuple[int, int]]
    points: int | None
    reviews: int
    seconds: int

    def share(self, metric: str) -> int | None:
        """How many of the promises of `metric` were kept."""
        kept, all_ = self.kept.get(metric, (0, 0))
        return FULL * kept // all_ if all_ else None

    @property
    def reopened_bp(self) -> int | None:
        """Of the solved ones, how many had to be opened again."""
        return FULL * self.reopened // self.solved if self.solved else None

    @property
    def kept_bp(self) -> int | None:
        """All promises together."""
        kept = sum(self.kept[metric][0] for metric in METRICS)
        all_ = sum(self.kept[metric][1] for metric in METRICS)
        return FULL * kept // all_ if all_ else None


def of(vendor: Vendor, month: date) -> VendorScore:
    """The figures of the month that begins on `month`, in the zone of the vendor's terms."""
    agreed = Terms.from_json(vendor.terms)
    start, end = invoicing.bounds(month, agreed.zone)
    tickets = Ticket.objects.filter(vendor=vendor, is_spam=False, merged_into=None)
    counted = tickets.filter(solved_at__gte=start, solved_at__lt=end).aggregate(
        solved=Count("pk"), reopened=Count("pk", filter=Q(reopened__gt=0)),
        rated=Count("rating"), rating=Avg("rating"),
    )  # fmt: skip
    waiting = tickets.filter(status__in=(Ticket.Status.OPEN, Ticket.Status.PENDING)).count()
    points, reviews = quality_queries.mean(
        month - timedelta(days=month.weekday()), invoicing.month_after(month), vendor_id=vendor.pk
    )
    worked = invoicing.hours(vendor, start, end)
    return VendorScore(
        vendor, month, counted["solved"], waiting, counted["reopened"], counted["rated"],
        None if counted["rating"] is None else round(float(counted["rating"]) * 100),
        invoicing.promises(vendor.pk, start, end), points, reviews,
        sum(seconds for (kind, _who), seconds in worked.items() if kind == "hours"),
    )  # fmt: skip
