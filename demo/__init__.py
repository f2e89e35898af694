"""`make demo`: photographs through the public API, searched, and what was found."""
