"""Tables, repositories, the unit of work and the group commit.

Decided here: how the record and the administration of a venue lie in a database.
Not decided here: what may be written; the caller asks the core first.
"""
