"""Sealed bids: the package a bidder seals, and what opening it must show.

Decided here: the shape of a bid package and of an opening.
Not decided here: when a bid may be opened, and by whom.
"""
