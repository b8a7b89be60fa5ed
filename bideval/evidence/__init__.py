"""Bytes that stand up later: signing, sealing, digests, canonical forms.

Decided here: which bytes are signed, hashed and sealed, and when a signature or a seal is good.
Not decided here: whether an entry may count; that belongs to the rooms above.
"""
