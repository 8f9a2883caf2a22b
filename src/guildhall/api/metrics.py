"""Figures for Prometheus: the state of the house read from the database, and the counters of the answering
process.

Gauges are the same whichever web process answers, so several processes and machines can be scraped through
one address; what only one process knows (requests, seconds, memory) carries its name in the label
`process`.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from guildhall.api import gauges

REGISTRY = CollectorRegistry(auto_describe=False)
ProcessCollector(namespace="guildhall", registry=REGISTRY)
_REQUESTS = Counter(
    "guildhall_http_requests",
    "Answered requests of this process.",
    ["process", "method", "status"],
    registry=REGISTRY,
)
_SECONDS = Histogram(
    "guildhall_http_request_seconds",
    "Seconds from request to answer in this process.",
    ["process"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountRequests:
    """Django middleware that counts what this process answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self._get_response(request)
        count(request.method or "", response.status_code, time.perf_counter() - began)
        return response


def count(method: str, status: int, seconds: float) -> None:
    """Count one answered request of this process."""
    process = process_name()
    _REQUESTS.labels(process, method if method in _METHODS else "other", f"{status // 100}xx").inc()
    _SECONDS.labels(process).observe(seconds)


def process_name() -> str:
    """This process among all that are scraped."""
    return f"{socket.gethostname()}:{os.getpid()}"


class _House:
    """Prometheus' collector of what the database knows."""

    def collect(self) -> Iterable[Metric]:
        return self._families()

    def describe(self) -> Iterable[Metric]:
        return ()

    def _families(self) -> Iterator[Metric]:
        for gauge in gauges.read():
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=list(gauge.labels))
            for labels, value in gauge.values.items():
                family.add_metric(list(labels), value)
            yield family


REGISTRY.register(_House())


def exposition() -> tuple[bytes, str]:
    """Everything as Prometheus reads it, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
