"""Random histories of an exchange, settled by a house that dies now and then."""
