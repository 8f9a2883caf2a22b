"""The text model: how sure we are, from its words alone, that a message is spam or a scam.

Nouns: row (a labelled text), features, model (a file of weights with a version), opinion. Pure: no Django, no
clock, no network; what becomes of an opinion is for `rules.model` and the policy.
"""
