"""The commands of the command line, one module each.

Decided here: arguments, exit codes and what is printed.
Not decided here: anything a server or a verifier does.
"""
