"""The operational log: JSON lines with allow-listed fields only, so that no patient data can get into it."""

import logging
import sys

import structlog

from adapter.ldt import Advice

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "route",
        "status",
        "milliseconds",
        "called",
        "issuer",
        "claimed_issuer",
        "claimed_audience",
        "tenant",
        "token_id",
        "service",
        "hook",
        "invocation",
        "keys",
        "outcome",
        "error",
        "error_class",
        "place",
        "code_place",
        "count",
        "address",
        "port",
        "mllp_address",
        "mllp_port",
        "mllp_tls",
        "message",
        "version",
        "rule_set",
        "rules",
        "code",
        "setting",
        "sqlite",
        "destination",
        "delivery",
        "action",
        "sender",
        "type",
        "profile",
    }
)


def _only_allowed(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop every field that is not on the list: a mistake in the code then loses a field, not a secret."""
    return {key: value for key, value in event.items() if key in ALLOWED}


def configure() -> None:
    """Send our events to standard error as JSON; of libraries' warnings only the logger's name and level appear."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter('{"event": "library", "error": "%(levelname)s %(name)s"}'))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def log_shadow(advice: Advice) -> None:
    """Tell which rules in shadow fired (a site put them there to see how they would do); of whom is not told."""
    if advice.shadow:
        log().info("shadow_rules_fired", rules=list(advice.shadow), rule_set=f"{advice.rule_set}|{advice.version}")


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
