"""Remote cross-region bid evaluation: a record that venues share, and everything folded from it."""
