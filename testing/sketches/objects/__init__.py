"""Things that stand in the pictures, by kind."""
