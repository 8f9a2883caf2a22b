"""Discord: servers of ours and what happens in them.

A server is one space; its channels, threads and forum posts are topics of it, named by `thread_id`. Events
come through a gateway connection that resumes where the last commit stood, and through REST for what a gap
swallowed; everything goes out as effects.
"""

AWAY = "discord_away"
"""The kind of trouble (`core.troubles`) told while Discord does not answer the gateway."""
