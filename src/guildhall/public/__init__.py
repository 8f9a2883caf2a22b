"""What anybody may open without signing in: the web chat page and its widget.

Nouns: visitor (somebody who chose a name), pass (what proves it), allowance (how much one may post). This
room holds no rules: what is said goes through intake like every other message, and this room shows what
became of it.
"""
