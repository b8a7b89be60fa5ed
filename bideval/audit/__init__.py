"""From bundle to findings: the steps by which anybody verifies a session.

Decided here: what a verifier checks, in which order, and what it reports.
Not decided here: any rule of its own; the auditor runs the functions the server ran.
"""
