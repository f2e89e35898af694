"""The photo: its state, what its owner does with it, and how it is stored and presented."""
