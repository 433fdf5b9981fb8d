"""Why the gateway does not do what it was asked; each message is a sentence for whoever asked.

GatewayError             something is wrong with the request, or with the box
├── NotPaired            403: nobody knows who is asking
├── NotAllowed           403: others may do that
├── Withheld             403: the owner has said that its profile may not use that
├── NotFromThere         403: a page of somebody else's
├── Refused              409: the box says no, and why
├── BadRequest           400: it makes no sense
├── TooMany              429
└── NotNow               503: who could say it does not answer
"""


class GatewayError(Exception):
    """Something went wrong."""

    status, code = 500, "failed"

    def __init__(self, words: str = "") -> None:
        super().__init__(words or self.__doc__)


class NotPaired(GatewayError):
    """This device is not paired with this box."""

    status, code = 403, "not_paired"


class NotAllowed(GatewayError):
    """Only a device of the owner's may do that."""

    status, code = 403, "not_allowed"


class Withheld(GatewayError):
    """The owner of this box has not allowed you to do that."""

    status, code = 403, "withheld"


class NotFromThere(GatewayError):
    """This box is not spoken to from there."""

    status, code = 403, "not_from_there"


class Refused(GatewayError):
    """The box does not do that."""

    status, code = 409, "refused"


class BadRequest(GatewayError):
    """This request makes no sense."""

    status, code = 400, "bad_request"


class TooMany(GatewayError):
    """Too many at the same time. Try again in a minute."""

    status, code = 429, "too_many"


class NotNow(GatewayError):
    """The box can't say that just now. Try again in a moment."""

    status, code = 503, "not_now"
