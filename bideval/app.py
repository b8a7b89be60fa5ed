"""The composition root of a venue server.

Decided here: which device serves which port.
Not decided here: anything else.
"""
