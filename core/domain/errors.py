"""What can go wrong in a use case. The web layer turns each into an answer; nothing else decides a status."""

from __future__ import annotations

from collections.abc import Mapping

from core.domain.text import Text


class DudaoError(Exception):
    """Base of all refusals that a user can understand. `message` is shown in the user's language."""

    #: Short, stable word for the audit record and the API.
    code = "refused"

    def __init__(self, message: Text) -> None:
        super().__init__(message.zh)
        self.message = message


class Missing(DudaoError):
    """The thing does not exist, or not for this actor: both look the same (design idea 7)."""

    code = "missing"

    def __init__(self) -> None:
        super().__init__(Text("没有找到", "Not found"))


class Denied(DudaoError):
    """The actor may see the thing but not do this."""

    code = "denied"


class Invalid(DudaoError):
    """Input that breaks a rule; `fields` names each field and says what to do."""

    code = "invalid"

    def __init__(self, message: Text, fields: Mapping[str, Text] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class Conflict(DudaoError):
    """Somebody else was quicker. Nothing typed is lost: the page shows both texts."""

    code = "conflict"


class NotNow(DudaoError):
    """The workflow has no such step from the present state."""

    code = "not_now"


class Throttled(DudaoError):
    """Too many tries; `seconds` says how long to wait."""

    code = "throttled"

    def __init__(self, message: Text, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class ScopeMissing(RuntimeError):
    """A programmer's mistake: a scoped table was queried without saying for whom."""
