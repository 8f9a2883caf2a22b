"""Where a community brings its past along: ban lists and rules of other bots, and chat history that bots
cannot read.

Nouns: format (what a file turned out to be), bad row (what could not be read, kept whole), import (one file
and what became of it). The readers are pure and never punish; what they found becomes effects, drafts and
messages only through `actions`, after a person has seen a preview.
"""
