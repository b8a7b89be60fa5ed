"""What a person or a venue can do: one function each.

Decided here: the order of loading, asking the core, appending, committing and telling.
Not decided here: rules of the meeting, tables, or how anything is shown.
"""
