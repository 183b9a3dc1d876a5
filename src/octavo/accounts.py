"""People: accounts, passwords, logins of browsers, access tokens, personal API tokens.

Secrets are stored as hashes only: passwords by argon2, everything random by SHA-256.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from octavo import protocol
from octavo.catalog import heads, people, tokens
from octavo.catalog.people import Person
from octavo.errors import Denied, Invalid
from octavo.ports import Clock, Database
from octavo.settings import Settings

COLORS: Final = (
    "#1a73e8",
    "#d93025",
    "#188038",
    "#a142f4",
    "#c26401",
    "#0b8484",
    "#c5221f",
    "#8430ce",
    "#3f6ad8",
    "#b3367f",
    "#4d7c0f",
    "#7a5c42",
)
"""Twelve that read well as text on white and, lightened by the browser, on dark."""

SCOPES: Final = ("read", "write")
API_TOKEN_PREFIX: Final = "oct_"  # noqa: S105 - tells the kind of token, opens nothing
_SEEN_EVERY: Final = 60
_EMAIL: Final = re.compile(r"[^\s@\x00-\x1f]{1,64}@[^\s@\x00-\x1f]{1,189}")
# Second of OWASP's recommended settings: 19 MiB and two passes, some 20 ms.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, and by what: "cookie", "access" (a token of 15 minutes) or "api" (a personal token)."""

    person: Person
    kind: str
    scopes: tuple[str, ...] = SCOPES
    grant: str = ""
    """What may be revoked: the login's or the API token's name; access tokens end by themselves."""

    @property
    def user_id(self) -> str:
        return self.person.id

    @property
    def user(self) -> protocol.User:
        return user_of(self.person)


def color_of(user_id: str) -> str:
    """A person's colour: always the same, from the id alone."""
    return COLORS[hashlib.sha256(user_id.encode()).digest()[0] % len(COLORS)]


def user_of(person: Person) -> protocol.User:
    return protocol.User(person.id, person.name, color_of(person.id))


def derived_id(prefix: str, *parts: str) -> str:
    """An id of 128 bits that follows from its parts, so that doing the same again names the same thing."""
    digest = hashlib.sha256("\0".join((prefix, *parts)).encode()).hexdigest()
    return prefix + digest[:32]


class Accounts:
    """Everything about who somebody is."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, signing_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._key = hmac.digest(signing_key, b"access tokens", "sha256")
        self._nobody: str | None = None
        # argon2 takes 19 MiB and 20 ms a time: off the loop, and never many at once.
        self._hashing = ThreadPoolExecutor(2, thread_name_prefix="argon2")

    def close(self) -> None:
        self._hashing.shutdown(cancel_futures=True)

    # --- accounts -------------------------------------------------------------------------------------------

    async def register(self, email: str, name: str, password: str) -> Person:
        """A new account.  Raises Invalid (naming the member), Conflict for a taken email."""
        email, name = checked_email(email), self.checked_name(name)
        check_password(password)
        hashed = await self._hash(password)
        user_id = "u" + secrets.token_hex(16)
        return await self._database.write(
            lambda connection: people.add(
                connection,
                user_id=user_id,
                email=email,
                name=name,
                password_hash=hashed,
                now=self._clock.now(),
            )
        )

    async def authenticate(self, email: str, password: str) -> Person:
        """The account with this email and password.  Raises Denied, in the same time whatever was wrong."""
        address = email.strip().lower()
        person = await self._database.read(lambda connection: people.by_email(connection, address))
        stored = person.password_hash if person else None
        right = await self._verify(stored or await self._of_nobody(), password)
        if person is None or not right or person.disabled:
            raise Denied("UNAUTHENTICATED", "email or password is wrong")
        return person

    async def rename(self, user_id: str, name: str) -> Person:
        """Raises Invalid."""
        checked = self.checked_name(name)
        await self._database.write(lambda connection: people.rename(connection, user_id, checked))
        person = await self._database.read(lambda connection: people.by_id(connection, user_id))
        assert person is not None
        return person

    async def set_password(self, email: str, password: str) -> None:
        """Raises Denied for an unknown account.  Ends all its logins."""
        check_password(password)
        person = await self.by_email(email)
        hashed = await self._hash(password)
        await self._database.write(lambda connection: people.set_password(connection, person.id, hashed))

    async def by_email(self, email: str) -> Person:
        """Raises Invalid."""
        address = checked_email(email)
        person = await self._database.read(lambda connection: people.by_email(connection, address))
        if person is None:
            raise Invalid("NOT_FOUND", f"there is no account with the email {address}")
        return person

    async def disable(self, email: str, *, disabled: bool = True) -> None:
        """Close an account or open it again; what it could write is fenced off in the same transaction."""
        person = await self.by_email(email)
        now = self._clock.now() if disabled else None

        def work(connection: Connection) -> None:
            heads.raise_fences(connection, people.disable(connection, person.id, now))

        await self._database.write(work)

    async def every(self) -> list[Person]:
        return await self._database.read(people.every)

    def checked_name(self, name: str) -> str:
        """A person's name as it may stand.  Raises Invalid."""
        name = " ".join(name.split())
        if not name or protocol_length(name) > self._settings.name_units or not name.isprintable():
            raise Invalid("INVALID_REQUEST", f"name: 1 to {self._settings.name_units} characters are needed")
        return name

    # --- logins of browsers ---------------------------------------------------------------------------------

    async def login(self, person: Person) -> str:
        """Sign a browser in: the cookie's value."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        await self._database.write(
            lambda connection: people.add_login(
                connection,
                login_id="l" + secrets.token_hex(16),
                token_hash=hashed_token(token),
                user_id=person.id,
                now=now,
                expires_at=now + self._settings.login_days * 86_400,
            )
        )
        return token

    async def logout(self, token: str) -> None:
        await self._database.write(lambda connection: people.remove_login(connection, hashed_token(token)))

    async def by_cookie(self, token: str) -> Identity:
        """Raises Denied."""
        now = self._clock.now()
        found = await self._database.read(
            lambda connection: people.by_login(connection, hashed_token(token), now)
        )
        if found is None or found[0].disabled:
            raise Denied("UNAUTHENTICATED", "you are signed out; sign in again")
        person, seen_at = found
        if now - seen_at >= 3600:
            expires_at = now + self._settings.login_days * 86_400
            await self._database.write(
                lambda connection: people.see_login(connection, hashed_token(token), now, expires_at)
            )
        return Identity(person, "cookie", grant=hashed_token(token).hex())

    # --- tokens ---------------------------------------------------------------------------------------------

    def access_token(self, person: Person) -> str:
        """A JWT, good for `access_token_seconds`."""
        now = self._clock.now()
        claims = {
            "sub": person.id,
            "iat": now,
            "exp": now + self._settings.access_token_seconds,
            "iss": "octavo",
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    async def by_bearer(self, token: str) -> Identity:
        """Who bears an access token or a personal API token.  Raises Denied."""
        if token.startswith(API_TOKEN_PREFIX):
            return await self._by_api_token(token)
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                issuer="octavo",
                options={"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise Denied("UNAUTHENTICATED", "the token is not one of this server's") from None
        if claims["exp"] <= self._clock.now():
            raise Denied("UNAUTHENTICATED", "the access token is over; get a new one from /auth/token")
        user_id = claims["sub"]
        person = await self._database.read(lambda connection: people.by_id(connection, user_id))
        if person is None or person.disabled:
            raise Denied("UNAUTHENTICATED", "the account is closed")
        return Identity(person, "access")

    async def _by_api_token(self, token: str) -> Identity:
        now = self._clock.now()
        found = await self._database.read(
            lambda connection: tokens.find(connection, hashed_token(token), now)
        )
        if found is None or found[1].disabled:
            raise Denied("UNAUTHENTICATED", "the API token is unknown, deleted or over")
        api_token, person = found
        if now - (api_token.used_at or 0) >= _SEEN_EVERY:
            await self._database.write(lambda connection: tokens.use(connection, api_token.id, now))
        return Identity(person, "api", api_token.scopes, api_token.id)

    async def add_api_token(
        self, user_id: str, name: str, scopes: list[str], expires_in_days: int | None, key: str
    ) -> tuple[tokens.ApiToken, str]:
        """A personal API token and its secret, which is never to be had again.  Raises Invalid, Conflict."""
        if not scopes or set(scopes) - set(SCOPES):
            raise Invalid("INVALID_REQUEST", f"scopes: at least one of {', '.join(SCOPES)}")
        if expires_in_days is not None and not 1 <= expires_in_days <= 3660:
            raise Invalid("INVALID_REQUEST", "expires_in_days: 1 to 3660, or null for never")
        now = self._clock.now()
        api_token = tokens.ApiToken(
            derived_id("t", user_id, key),
            user_id,
            self.checked_name(name),
            tuple(scope for scope in SCOPES if scope in scopes),
            now,
            None,
            None if expires_in_days is None else now + expires_in_days * 86_400,
        )
        secret = API_TOKEN_PREFIX + secrets.token_urlsafe(32)
        await self._database.write(lambda connection: tokens.add(connection, api_token, hashed_token(secret)))
        return api_token, secret

    async def api_tokens(self, user_id: str) -> list[tokens.ApiToken]:
        return await self._database.read(lambda connection: tokens.of(connection, user_id))

    async def remove_api_token(self, user_id: str, token_id: str) -> None:
        """Raises Missing."""
        await self._database.write(lambda connection: tokens.remove(connection, user_id, token_id))

    # --- passwords ------------------------------------------------------------------------------------------

    async def _hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._hashing, _HASHER.hash, password)

    async def _of_nobody(self) -> str:
        """Something to verify against where there is no account, so that it takes as long."""
        if self._nobody is None:
            self._nobody = await self._hash(secrets.token_hex(16))
        return self._nobody

    async def _verify(self, stored: str, password: str) -> bool:
        return await asyncio.get_running_loop().run_in_executor(self._hashing, _matches, stored, password)


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def hashed_token(token: str) -> bytes:
    """What is stored of a random secret."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def checked_email(email: str) -> str:
    """An address in lower case.  Raises Invalid."""
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address) or not address.isprintable():
        raise Invalid("INVALID_REQUEST", "email: this does not look like an address")
    return address


def check_password(password: str) -> None:
    """Raises Invalid."""
    if not 8 <= len(password) <= 256:
        raise Invalid("INVALID_REQUEST", "password: 8 to 256 characters are needed")


def protocol_length(text: str) -> int:
    """UTF-16 code units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)
