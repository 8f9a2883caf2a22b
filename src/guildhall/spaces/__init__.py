"""Spaces as a whole: families of groups by region and theme, the ways into them, welcomes, and what happens
when a group is full.

Nouns: family (groups of one region, theme and language, in tiers), entrance (a code or link that leads into
a family, with a state that says where somebody came from), welcome. What a platform cannot do becomes a
task for a person; nobody is invited or linked before compliance said yes.
"""
