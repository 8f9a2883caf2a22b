"""Telegram: bots of ours in groups, channels and private talks.

Nouns: bot (one of ours, by its token), update (what Telegram delivers, once acknowledged never again), chat
(a space as Telegram sees it, with the rights our bot holds there), button (what a pressed one brings back).
Updates come in through a loop of our own or through our webhook, both of which acknowledge only after the
commit; everything goes out as effects through python-telegram-bot's `Bot`. Telegram tells a bot nothing of
the past, lets nobody restore a deleted message, and has no way to set slow mode: the adapter says so.
"""

HOOK_CONNECTIONS = 64
"""How many updates of a bot Telegram may bring to our webhook at the same time (Telegram: 1-100); a web
process has threads for as many beside those for people. Those that come together share one commit.
"""

AWAY = "telegram_away"
"""The kind of trouble (`core.troubles`) told while Telegram does not answer the gateway."""
