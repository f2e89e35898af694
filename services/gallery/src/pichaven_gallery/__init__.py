"""The library of record: every photo, its state, and what its owner did with it."""
