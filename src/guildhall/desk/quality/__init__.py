"""How answers are judged: which tickets are drawn, what a scorecard makes of marks, how far two judges agree.

Pure. State stands in `desk.models.quality`, deeds in `desk.actions.quality`.
"""
