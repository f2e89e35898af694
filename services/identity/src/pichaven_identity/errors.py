"""The problems that identity raises."""

from typing import ClassVar

from pichaven_chassis.problems import (
    Conflict,
    InvalidRequest,
    Problem,
    TooManyRequests,
    Unauthorized,
)


class InvalidEmail(InvalidRequest):
    code: ClassVar[str] = "invalid_email"
    title: ClassVar[str] = "Not an e-mail address"


class PasswordRefused(InvalidRequest):
    code: ClassVar[str] = "password_refused"
    title: ClassVar[str] = "The password is not good enough"


class EmailTaken(Conflict):
    code: ClassVar[str] = "email_taken"
    title: ClassVar[str] = "There is an account with this e-mail address"


class RegistrationClosed(Problem):
    status: ClassVar[int] = 403
    code: ClassVar[str] = "registration_closed"
    title: ClassVar[str] = "No new accounts are taken"


class InvalidCredentials(Unauthorized):
    code: ClassVar[str] = "invalid_credentials"
    title: ClassVar[str] = "E-mail address or password is wrong"

    def __init__(self, detail: str = "Check the e-mail address and the password.") -> None:
        super().__init__(detail)


class InvalidRefreshToken(Unauthorized):
    code: ClassVar[str] = "invalid_refresh_token"
    title: ClassVar[str] = "The session has ended"

    def __init__(self, detail: str = "The refresh token is unknown or has expired.") -> None:
        super().__init__(detail)


class RefreshTokenReused(InvalidRefreshToken):
    code: ClassVar[str] = "refresh_token_reused"


class TooManyAttempts(TooManyRequests):
    code: ClassVar[str] = "too_many_attempts"
    title: ClassVar[str] = "Too many failed attempts"


class ProofRequired(TooManyAttempts):
    """Raised for an attempt that waits because of others' failures; a proof of work admits it."""

    code: ClassVar[str] = "proof_required"
    title: ClassVar[str] = "Too many failed attempts of others"

    def __init__(self, *, retry_after: float, bits: int, minute: int) -> None:
        super().__init__(
            "Send the login again with a `proof` of work. "
            "A login from a device with a `device_token` needs none.",
            retry_after=retry_after,
        )
        self.extra = {"proof_bits": bits, "proof_minute": minute}


class TooManyApiKeys(Conflict):
    code: ClassVar[str] = "too_many_api_keys"
    title: ClassVar[str] = "No more API keys for this account"


class SessionRequired(Problem):
    status: ClassVar[int] = 403
    code: ClassVar[str] = "session_required"
    title: ClassVar[str] = "Only a logged-in person may do this"
