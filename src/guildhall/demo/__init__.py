"""A made-up community to try the house with: the same one for the same seed, clearly labelled, removed by one
click.

Nouns: world (what happens in two weeks), cast (who lives in it), scene (a stretch of talk), plot (all of it,
in order). It comes in through the same doors as real people do. Nothing here touches anything that is not the
demo's own; what it says stands in `script/`.
"""
