"""The domain-name model: how much a name that nobody has listed looks like those thieves register.

Nouns: name (a domain taken apart), knowledge (words and brands), model (a file of weights with a version).
Pure: no Django, no clock, no network, no lists.
"""

from __future__ import annotations

from guildhall.guard.domain_model.learning import train_domains
from guildhall.guard.domain_model.model import FLAG_AT, Because, DomainModel, load, shipped
from guildhall.guard.domain_model.rows import DomainRow

__all__ = ["FLAG_AT", "Because", "DomainModel", "DomainRow", "load", "shipped", "train_domains"]
