"""Doors to the machine: clock, entropy, key files, files, notices, resources.

Decided here: how each port is served by a real device.
Not decided here: what the devices are used for.
"""
