"""Management commands of the core room."""
