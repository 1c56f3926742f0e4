"""Structured logs: one JSON object a line, never a local variable of a frame (it could be personal)."""

import logging
import sys

import structlog


def configure(level: str, *, human: bool = False) -> None:
    """Set up logging of the process. ``human`` prints for a terminal instead of JSON."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(
                [plain]
                if human
                else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(threshold, logging.WARNING), stream=sys.stderr)
