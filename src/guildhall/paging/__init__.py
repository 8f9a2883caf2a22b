"""Reaches staff outside the console: by e-mail, Telegram, push and webhooks, until somebody acknowledges.

Nouns: pager (one way to reach one person), page (something that needs somebody now), step (who is tried
next, and after how long). It decides whom to reach and when; what is worth a page is decided by the rooms
that raise it.
"""
