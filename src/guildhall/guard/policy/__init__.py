"""Policies as people write them: YAML in, a checked `Policy` out, and what two versions differ in. Pure."""

from guildhall.guard.policy.comparing import Change, effective_weight, policy_diff, punishes_more
from guildhall.guard.policy.parsing import NEVER, SHIPPED, clean_domain, parse, shipped, shipped_source

__all__ = [
    "NEVER",
    "SHIPPED",
    "Change",
    "clean_domain",
    "effective_weight",
    "parse",
    "policy_diff",
    "punishes_more",
    "shipped",
    "shipped_source",
]
