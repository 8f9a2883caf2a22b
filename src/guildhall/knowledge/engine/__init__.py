"""Finding, pure: entries in, an index out, hits for a query. Knows neither Django nor a database."""
