"""What can go wrong in a use case, each with the HTTP status it answers."""

from collections.abc import Mapping
from typing import ClassVar


class LeadPulseError(Exception):
    """A use case refused; the message is for the person who asked."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        details: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Keep the message.

        Args:
            message: One plain sentence.
            details: Messages by field name, for invalid input.
            retry_after: Seconds after which trying again makes sense.
        """
        super().__init__(message)
        self.message = message
        self.details = details
        self.retry_after = retry_after


class InvalidInputError(LeadPulseError, ValueError):
    """What was sent can't be accepted."""

    status = 400
    code = "invalid_input"


class UnknownTypeError(InvalidInputError):
    """An event is of a kind that nobody here knows."""

    code = "unknown_type"


class UnauthenticatedError(LeadPulseError):
    """Nobody is signed in, or the credentials are wrong."""

    status = 401
    code = "unauthenticated"


class InvalidSignatureError(LeadPulseError):
    """What was sent is not signed, or not with the project's secret."""

    status = 401
    code = "invalid_signature"


class ForbiddenError(LeadPulseError):
    """The actor is known and may not do this."""

    status = 403
    code = "forbidden"


class NotFoundError(LeadPulseError):
    """There is no such thing in the actor's project."""

    status = 404
    code = "not_found"


class ConflictError(LeadPulseError):
    """It clashes with what is already there."""

    status = 409
    code = "conflict"


class RuleTestsFailedError(ConflictError):
    """A ruleset does not pass its own tests."""

    code = "rule_tests_failed"


class TooLargeError(LeadPulseError):
    """The body is over its cap."""

    status = 413
    code = "too_large"


class TooManyRequestsError(LeadPulseError):
    """The sender is over a limit; `retry_after` says when it is let in again."""

    status = 429
    code = "too_many_requests"


class UnavailableError(LeadPulseError):
    """Not now; the same request may succeed later."""

    status = 503
    code = "unavailable"
