"""Why an operator's command was not carried out."""


class OperationRefused(Exception):
    """Raised when a command cannot be carried out; the message says what to do."""
