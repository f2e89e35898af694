"""The `pichaven` command."""
