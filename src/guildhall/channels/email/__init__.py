"""E-mail as a channel: a mailbox is one of our own accounts, a correspondence with somebody is a private
space.

Nouns: mailbox (one of our addresses), letter (a message by its Message-ID), correspondence (the space
`<address>/<mailbox>`), report (a bounce). In by IMAP or by a provider's webhook, out by SMTP; replies find
their thread by Message-ID and References, and bounces find the letter that bounced. Mail can be forged, so
nothing in a letter is ever a command.
"""

PLATFORM = "email"

HOUSE_HEADER = "X-Guildhall-House"
"""On every letter of ours, so that one that comes back to us is known."""

AWAY = "mail_away"
"""The kind of trouble (`core.troubles`) told while a mail server does not answer."""
