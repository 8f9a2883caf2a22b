"""The desk: every question owned by somebody, on an exact clock, through every shift.

Nouns: ticket (one question and what became of it), entry (one thing said in it), clock (one promise of time
running on one ticket), policy (the promises, versioned), handover (what one shift gives to the next),
scorecard (how an answer is judged), vendor (an outsourced team with a queue of its own). The desk never asks
anybody for a secret, and never shows a vendor what is not in its queue.
"""
