"""What the body of each kind of entry consists of: one reader and one frozen value per kind."""
