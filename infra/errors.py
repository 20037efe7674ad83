"""The errors whose message is written for whoever runs the service.
The command line prints that message and no traceback."""


class OperatorError(Exception):
    """Something about this installation must be put right; the message says what and how."""
