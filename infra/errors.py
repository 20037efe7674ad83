"""The errors whose message is written for whoever runs the service, and what may be told of any other.
The command line prints an OperatorError's message and no traceback."""


class OperatorError(Exception):
    """Something about this installation must be put right; the message says what and how."""


def described(error: BaseException) -> str:
    """What may be kept of an error on a status page or in a log: the server's own words, without the rows it quotes."""
    # Psycopg's errors have a `diag`; not to import it for their class lets `beffroi` answer sooner.
    said = getattr(getattr(error, "diag", None), "message_primary", None)
    return f"{type(error).__name__}: {said or error}"
