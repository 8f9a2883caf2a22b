"""How answers are judged: which tickets are drawn, what a scorecard makes of marks, how far two judges agree.

Pure but for `candidates`, which reads the week. State stands in `desk.models.quality`,
deeds in `desk.actions.quality`.
"""
