"""Guildhall: the self-hosted operating platform of a trading community."""

__version__ = "0.1.0"
