"""Owns how a Cognito operation is refused: an exception that knows its answer on the wire.

Knows no operation. Raised anywhere below the dispatcher, which turns it into the response.
"""

from ministack.core.responses import error_response_json


class Refused(Exception):
    """A refusal with the error code and message that AWS would answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    def answer(self) -> tuple:
        """Return the response; every modelled Cognito error is a 400."""
        return error_response_json(self.code, self.message, 400)


def not_authorized(message: str = "Incorrect username or password.") -> Refused:
    """Return the refusal that a wrong password gets."""
    return Refused("NotAuthorizedException", message)


def invalid_parameter(message: str) -> Refused:
    """Return the refusal of a request that can never work."""
    return Refused("InvalidParameterException", message)


def client_not_found(client_id: object) -> Refused:
    """Return the refusal of an operation that names an app client that is not there."""
    return Refused("ResourceNotFoundException", f"User pool client {client_id} does not exist.")


def raise_if_refused(answer: tuple | None) -> None:
    """Re-raise an error response of one of ministack's own checks (None means that it passed)."""
    if answer is not None:
        raise Answered(answer)


class Answered(Exception):
    """A refusal whose response ministack has already built."""

    def __init__(self, response: tuple) -> None:
        super().__init__("answered by ministack")
        self.response = response

    def answer(self) -> tuple:
        """Return the response as ministack built it."""
        return self.response
