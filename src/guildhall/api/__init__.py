"""The house for programs: health, metrics, and a REST API over the same queries and actions as the
screens.

Nouns: scope (what a token may do), problem (an error as JSON: code, message, field), page (rows and the
cursor of the next ones), idempotent call (a write that may be repeated). This room decides nothing and
writes nothing of its own but the answers of idempotent calls.
"""
