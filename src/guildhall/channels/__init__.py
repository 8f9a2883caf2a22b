"""Where the community talks: the port to chat platforms, and spaces and messages as stored here.

Nouns: platform, adapter, space, message, verb, act, capability, quarantine. This room never judges what a
message says (guard does) and never decides whether something may be said (compliance does); it stores,
finds and carries out.
"""
