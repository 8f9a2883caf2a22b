"""What every room stands on: time, ids, money, text in two languages, errors, settings, secrets, audit,
approvals.

Nouns: audit entry and seal, proposal, secret, trouble, beat. This room knows no member, message or
platform, and never decides anything about them.
"""
