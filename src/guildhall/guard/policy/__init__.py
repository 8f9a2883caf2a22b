"""Policies as people write them: YAML in, a checked `Policy` out, and what two versions differ in. Pure."""

from guildhall.guard.policy.comparing import Change, effective_weight, policy_diff, punishes_more
from guildhall.guard.policy.parsing import SHIPPED, clean_domain, parse, shipped, shipped_source
from guildhall.guard.policy.resolving import ByPlace, acts, resolve
from guildhall.guard.policy.settings import NEVER

__all__ = [
    "NEVER",
    "SHIPPED",
    "ByPlace",
    "Change",
    "acts",
    "clean_domain",
    "effective_weight",
    "parse",
    "policy_diff",
    "punishes_more",
    "resolve",
    "shipped",
    "shipped_source",
]
