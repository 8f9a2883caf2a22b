"""The house exchange as the house sees it: what it reports (feeds), and what it answers when asked about one
account.

Nouns: venue, feed, batch, bad row, account (a UID at a venue, known to facts by its pseudonym), look-up. It
decides nothing about money; it brings rows in whole, says which it could not read and why, and keeps both.
"""
