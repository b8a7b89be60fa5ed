"""The frozen settings of a venue server, read once.

Decided here: names, defaults and limits of every setting.
Not decided here: what a setting is used for.
"""
