"""What each kind of entry does to the meeting: check first, then count; one function per kind."""
