class StartError(Exception):
    """Raised when the stack cannot start; the message says what to do."""
