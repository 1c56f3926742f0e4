"""What keeps the embedded database from running, said so that a person can act on it."""


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the text says why and what helps."""


def plain_reason(error: OSError) -> str:
    """Return the operating system's refusal in plain words, with the path it is about."""
    where = f": {error.filename}" if error.filename else ""
    if isinstance(error, PermissionError):
        return f"permission denied{where}"
    return f"{(error.strerror or str(error)).lower()}{where}"


def with_log_tail(message: str, log: str, *, lines: int = 15) -> str:
    """Return ``message`` and the last ``lines`` of ``log``, naming a full disk if that is the cause."""
    if "No space left on device" in log:
        message += " The disk is full: free some space and start again."
    tail = "\n".join(log.strip().splitlines()[-lines:])
    return f"{message}\n{tail}" if tail else message
