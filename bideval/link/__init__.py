"""The asyncio shell around the venue protocol.

Decided here: sockets, deadlines and reconnection.
Not decided here: any rule of the protocol; see the sync room.
"""
