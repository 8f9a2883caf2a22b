"""Gates: who comes into a space answers a question first, accepts the rules, and is on trial for a while.

Pure: settings, questions, answers and what follows from them as frozen values; no Django, no I/O, no clock.
Rows are read by `guard.gates_in_force` and written by `guard.actions.gates`.
"""
