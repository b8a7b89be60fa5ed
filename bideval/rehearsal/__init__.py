"""A client that drives real servers through a whole evaluation by their public interfaces.

Decided here: which persons act, in which order, with keys of their own.
Not decided here: anything a server decides; nothing of a server is imported.
"""
