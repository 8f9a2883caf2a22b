"""Where whatever arrives becomes one durable commit: normalise, judge, record, queue what follows.

Nouns: raw (bytes of a platform), batch (what is committed together), outcome (what became of one raw). It
never talks to a platform and decides nothing about a message itself: adapters read, guard judges.
"""
