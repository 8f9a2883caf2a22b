"""Made-up affiliate APIs of five exchanges on loopback, telling of one made-up world.

Each checks signature, time and parameters by its own reading of the venue's public documentation, pages as
the venue pages, and misbehaves on demand.
"""

from guildhall.exchange.testing.venues.server import VenueServer, standing
from guildhall.exchange.testing.venues.world import Deposited, Person, Traded, World

__all__ = ["Deposited", "Person", "Traded", "VenueServer", "World", "standing"]
