"""What must be done later or outside: sends, webhooks, jobs, ticks of schedules. One engine, the same
promises for all.

Nouns: effect (a row written in the transaction that causes it), performer (what carries a kind of effect
out), bucket (how often), schedule (when), endpoint (a webhook's receiver). This room never decides *what*
should happen, and it never pretends exactly-once: an effect of mode ONCE whose process died in the act
becomes uncertain, and a person decides.
"""
