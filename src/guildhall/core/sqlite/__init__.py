"""Django's SQLite backend with a fair write gate in front of every write transaction."""
