"""Guard decides what may stay in a community's chat, and says why.

Nouns: subject (a message as judged), policy (versioned thresholds, rules and ladder), verdict (score,
action, reasons), case (a verdict, appeal or report that a person decides), strike. It never reads a clock
or the network while judging, never talks to a platform itself (that is channels, through effects), and
never decides what may be offered to whom (that is compliance).
"""
