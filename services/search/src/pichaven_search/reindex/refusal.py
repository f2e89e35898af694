"""A step of an operation that cannot be done, told to whoever asked for it."""


class Refused(Exception):
    """The reason is for the operator, and says what to do."""
