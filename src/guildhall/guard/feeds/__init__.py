"""Lists that others keep and the house subscribes to: bad domains, and people known elsewhere as spammers.

Nouns: feed (a list at an address, fetched by a job), entries (what it names, kept as sorted hashes), look-up
list (a service asked about one person at a time). Reading formats and keeping hashes is pure; fetching is
for jobs.
"""
