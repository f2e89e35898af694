"""An identity for tests: signs tokens that services accept."""

import time

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from pichaven_chassis import ended_sessions
from pichaven_chassis.auth import ALGORITHM, Authenticator, Scope
from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import AuthSettings


class TestAuthority:
    """Stands in for identity towards one service, by its `authenticator`."""

    __test__ = False

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        self._kid = new_id()
        self.api_keys: dict[str, str] = {}
        """API key to user id."""
        self.ended_sessions: list[str] = []
        # Most tests end no session: asked twenty times a second, it took a tenth of their time.
        self.settings = AuthSettings(ended_sessions_poll_s=0.5)
        self.authenticator = Authenticator(
            self.settings,
            client=httpx.AsyncClient(
                transport=httpx.MockTransport(self.respond), base_url="http://identity"
            ),
        )

    def token(
        self,
        user_id: str,
        *,
        expires_in: float = 900,
        scope: str = " ".join(Scope),
        session_id: str | None = None,
        **claims: float,
    ) -> str:
        now = time.time()
        return jwt.encode(
            {
                "iss": self.settings.issuer,
                "aud": self.settings.audience,
                "sub": user_id,
                "sid": session_id or new_id(),
                "scope": scope,
                "iat": int(now),
                "exp": int(now + expires_in),
                "jti": new_id(),
                **claims,
            },
            self._private,
            algorithm=ALGORITHM,
            headers={"kid": self._kid},
        )

    def headers(self, user_id: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(user_id)}"}

    def respond(self, request: httpx.Request) -> httpx.Response:
        """Return identity's response to a service."""
        if request.url.path == "/.well-known/jwks.json":
            jwk = OKPAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
            jwk |= {"kid": self._kid, "alg": ALGORITHM, "use": "sig"}
            return httpx.Response(200, json={"keys": [jwk]})
        if request.url.path == ended_sessions.PATH:
            body = {"session_ids": self.ended_sessions, "next_after": "2026-06-14T08:00:00Z"}
            return httpx.Response(200, json=body)
        key = httpx.Response(200, content=request.content).json().get("api_key")
        user_id = self.api_keys.get(key)
        if user_id is None:
            return httpx.Response(401, json={})
        return httpx.Response(200, json={"access_token": self.token(user_id), "expires_in": 900})
