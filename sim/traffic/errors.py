"""What the traffic generator raises."""


class TrafficError(Exception):
    """A traffic description that cannot be generated: the message names the parameter and what it may be."""


def require(condition: bool, message: str) -> None:
    """Raise `TrafficError(message)` unless `condition` holds."""
    if not condition:
        raise TrafficError(message)
