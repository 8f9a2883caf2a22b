"""Figures of the desk: how much came in, how fast it was answered, which promises were kept, what people
thought of it. `columns` is what is known of each ticket, `summary` reckons with it (both pure), `collecting`
makes it from tickets and clocks, `reading` gives it to pages.
"""
