class CannotStart(Exception):
    """The stack cannot start; the message says what to do."""
