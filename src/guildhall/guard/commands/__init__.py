"""What `guildhall guard ...` does, one module a command.

`score`, `domains`, `train` and `eval` need no house: no database, no settings, no network.
"""
