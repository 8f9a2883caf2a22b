"""A made-up exchange, the same for the same seed: users, deposits, trades, and everything that goes wrong.

`simulate` makes a `World`; `write` puts one into files. It is for the demo world, tests and benchmarks: a
few accounts do most of the trading, sizes are heavy-tailed, fees have tiers, are zero or negative, accounts
change partner, and rows come late, twice, corrected or taken back.
"""

from guildhall.exchange.simulator.files import write
from guildhall.exchange.simulator.reports import Report
from guildhall.exchange.simulator.shape import Shape
from guildhall.exchange.simulator.world import World, simulate

__all__ = ["Report", "Shape", "World", "simulate", "write"]
