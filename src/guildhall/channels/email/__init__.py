"""E-mail as a channel: a mailbox is one of our own accounts, a correspondence with somebody is a private
space.

In by IMAP or by a provider's webhook, out by SMTP; replies find their thread by Message-ID and References,
and bounces find the message that bounced.
"""
