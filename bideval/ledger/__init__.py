"""The record: entries, lines, the tree over them, checkpoints, cosignatures and proofs.

Decided here: what a well-formed record is and how membership and consistency are proven.
Not decided here: what an entry means in a session.
"""
