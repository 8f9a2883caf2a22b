"""How the house learns from its moderators, as pure rules: which texts are near copies, what each may weigh,
which deserve a second look, and whether a candidate beats the model in force.

`actions.learning` fetches and writes around them; `workshop` is the process a model is trained in.
"""
