"""Approvals: what waits for a second pair of eyes, shown in full, approved or rejected with the hash of
what was read.

Who may decide what, and that nobody decides on their own proposal, is the business of `core.approvals`;
this page shows the content that the approval will hold for, and nothing else.
"""
