"""What one shift gives to the next: the five parts of a note (`parts`, pure), what the house already knows
(`facts`), what waits for whom (`queries`). `desk.actions.handover` writes.
"""
