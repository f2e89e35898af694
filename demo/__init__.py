"""`make demo`: sample photos through the public API, searched, and shown."""
