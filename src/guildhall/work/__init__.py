"""What people have to do by hand: tasks and checklists, with who, by when and which proof.

Nouns: task (one thing to do, with a due time and perhaps a proof), checklist (tasks that come back every
day or week). Whatever no platform lets a program do ends here. This room never does the work itself, and a
task is done only when a person says so.
"""
