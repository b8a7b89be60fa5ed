"""The protocol between two venues: bytes in, events and bytes out.

Decided here: what is sent, when, and what a peer may send.
Not decided here: sockets, timers and storage; they are answers and effects.
"""
