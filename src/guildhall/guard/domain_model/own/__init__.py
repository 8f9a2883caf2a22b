"""Rows written for this project: honest domains by hand, honest and dishonest names made up by rule.

Nouns: domain row (a labelled name with its source). See PROVENANCE.md for where each kind comes from.
"""
