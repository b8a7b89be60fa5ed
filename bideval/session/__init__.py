"""The evaluation meeting as a state machine folded from the entries of a record.

Decided here: phases, seats, permissions, and what counts.
Not decided here: how entries travel, are stored or are shown.
"""
