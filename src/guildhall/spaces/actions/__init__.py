"""The only writers of the spaces room.

`families` and `entrances` are asked by people, `arriving` by intake; `filling`, `codes`, `greeting`,
`masses`, `tags` and `counting` follow from these or from the engine.
"""
