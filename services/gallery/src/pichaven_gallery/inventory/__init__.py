"""Comparing what other services derive with the library."""
