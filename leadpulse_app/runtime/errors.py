"""What stands in the way of running, told to whoever runs it."""


class SetupError(Exception):
    """The machine or the set-up is not as it has to be; says what to do about it."""
