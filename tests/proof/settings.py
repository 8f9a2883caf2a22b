"""The settings of a house under fire: the real ones, and one more performer that tells a sink on loopback."""

from guildhall.conf.settings import *  # noqa: F403
from guildhall.conf.settings import INSTALLED_APPS as _ROOMS

INSTALLED_APPS = [*_ROOMS, "tests.proof.sending"]
