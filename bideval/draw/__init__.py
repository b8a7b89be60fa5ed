"""The draw of the panel: pool, exclusions, seed, tickets and strata.

Decided here: who is drawn, as integer arithmetic over a hash stream.
Not decided here: who is invited, reached or checked in.
"""
