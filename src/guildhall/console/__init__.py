"""The staff web: Today, Review, Messages, Members, Spaces (the work pages) and the pages of the house itself.

Nouns: page, need (a line of Today), figure, place in a queue, picture of a case. It never writes a model:
every change is an action of a room below, and every read that another surface shares is a query of one.
"""
