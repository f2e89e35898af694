"""Data that search has the only copy of, in a file and back."""
