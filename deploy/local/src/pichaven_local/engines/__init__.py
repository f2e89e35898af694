"""The command of each engine."""
