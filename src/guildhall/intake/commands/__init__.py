"""What people ask for in chat: `/report`, `/appeal`, moderators' `/mute`, a pressed button.

The pipeline hands over what it heard; `hear` finds out what is asked, decides who may, and queues the answers
in the same transaction. Which platform it came from does not matter.
"""

from guildhall.intake.commands.heard import Heard
from guildhall.intake.commands.hearing import hear, is_command

__all__ = ["Heard", "hear", "is_command"]
