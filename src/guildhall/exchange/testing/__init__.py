"""Fakes of what stands outside: affiliate APIs of venues, and a back office to be asked about accounts."""
