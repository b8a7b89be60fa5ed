"""What a browser gets: routes, forms, view models, live updates and the table of errors.

Decided here: how things are shown and how input is read.
Not decided here: what is allowed; actions and the core answer that.
"""
