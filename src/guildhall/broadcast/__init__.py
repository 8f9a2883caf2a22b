"""One way to speak to many: a message written once, in each language, for spaces or members chosen by what
they are.

Nouns: broadcast (content, audience, schedule), run (one sending of it), delivery (what became of it in one
space or with one member). It asks compliance for each region and four eyes above a size; platforms and
their limits are the channels' business.
"""
