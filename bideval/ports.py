"""What actions need from outside, as protocols.

Decided here: the questions the house asks of stores and devices.
Not decided here: how they are answered; see the store and the gateways.
"""
