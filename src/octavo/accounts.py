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
from octavo.catalog import audit, contacts, heads, invitations, people, tokens, usage
from octavo.catalog.people import Login, Person
from octavo.convert import images
from octavo.errors import Denied, Invalid, Missing
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

PICTURE_BYTES: Final = 256 << 10
PICTURE_PIXELS: Final = 1024
"""At most so many wide and high."""

SCOPES: Final = ("read", "suggest", "write")
"""What an API token may be good for; `write` may suggest too."""
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
    scopes: tuple[str, ...] = ("read", "write")
    grant: str = ""
    """What may be revoked: the login's or the API token's id, or `people.access_grant`."""

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
    picture = None if person.picture_id is None else f"/api/v1/pictures/{person.picture_id}"
    return protocol.User(
        person.id, person.name, person.color or color_of(person.id), picture, guest=person.guest
    )


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

    async def register(self, email: str, name: str, password: str, invitation: str | None = None) -> Person:
        """A new account, which takes up what its address is invited to, and what the invitation's link gives.

        Raises Invalid (naming the member), Conflict for a taken email, Missing for a link that is not good.
        """
        email, name = checked_email(email), self.checked_name(name)
        check_password(password)
        hashed = await self._hash(password)
        user_id = "u" + secrets.token_hex(16)
        now = self._clock.now()

        def work(connection: Connection) -> Person:
            person = people.add(
                connection, user_id=user_id, email=email, name=name, password_hash=hashed, now=now
            )
            audit.add(connection, "account.made", now=now, actor=user_id, subject=user_id)
            if invitation is not None:
                take_up(connection, invitation, user_id, now)
            for found in invitations.by_email(connection, email):
                invitations.take_up(connection, found, user_id, now)
            return person

        return await self._database.write(work)

    async def authenticate(self, email: str, password: str, address: str | None = None) -> Person:
        """The account with this email and password.  Raises Denied, in the same time whatever was wrong.

        A failure is written down, with the network address it came from.
        """
        tried = email.strip().lower()
        person = await self._database.read(lambda connection: people.by_email(connection, tried))
        stored = person.password_hash if person else None
        right = await self._verify(stored or await self._of_nobody(), password)
        if person is None or not right or person.disabled:
            await self._write_down("login.failed", actor=None, subject=tried[:254], address=address)
            raise Denied("UNAUTHENTICATED", "email or password is wrong")
        return person

    async def change(
        self, user_id: str, *, name: str | None = None, color: str | None = None, set_color: bool = False
    ) -> Person:
        """Name and colour (None: the one that follows from the id).  Raises Invalid."""
        values: dict[str, str | None] = {}
        if name is not None:
            values["name"] = self.checked_name(name)
        if set_color:
            values["color"] = checked_color(color)

        def work(connection: Connection) -> Person | None:
            if values:
                people.change(connection, user_id, **values)
            return people.by_id(connection, user_id)

        return _there(await self._database.write(work))

    async def set_picture(self, user_id: str, data: bytes | None) -> Person:
        """The profile picture, without what cameras write into pictures; None: initials again.  Raises Invalid."""
        picture = None
        if data is not None:
            if len(data) > PICTURE_BYTES:
                raise Invalid(
                    "TOO_LARGE", f"a profile picture has at most {PICTURE_BYTES >> 10} KiB; scale it down"
                )
            info = images.inspect(data)
            if max(info.width, info.height) > PICTURE_PIXELS:
                raise Invalid(
                    "TOO_LARGE",
                    f"a profile picture is at most {PICTURE_PIXELS} pixels wide and high; scale it down",
                )
            stripped = images.strip(data, info.media_type)
            picture = ("p" + secrets.token_hex(16), info.media_type, stripped)

        def work(connection: Connection) -> Person | None:
            people.set_picture(connection, user_id, picture)
            return people.by_id(connection, user_id)

        return _there(await self._database.write(work))

    async def picture(self, picture_id: str) -> tuple[str, bytes]:
        """Media type and bytes.  Raises Missing."""
        return await self._database.read(lambda connection: people.picture(connection, picture_id))

    async def known(self, user_id: str, text: str) -> list[Person]:
        """At most ten of those that somebody has shared with before, whose name or address begins so."""
        wanted = " ".join(text.split())[:100]
        return await self._database.read(lambda connection: contacts.find(connection, user_id, wanted, 10))

    async def set_password(self, email: str, password: str) -> None:
        """Raises Invalid.  Ends all logins of the account."""
        check_password(password)
        person = await self.by_email(email)
        await self._set_password(person.id, await self._hash(password), actor=None)

    async def change_password(self, identity: Identity, current: str, password: str) -> list[str]:
        """A new password; every login but the present one ends.  Returns the grants that ended with them.

        Raises Invalid; Denied when the current password is wrong.
        """
        check_password(password)
        if not await self._verify(identity.person.password_hash or await self._of_nobody(), current):
            await self._write_down("login.failed", actor=identity.user_id, subject=identity.person.email)
            raise Denied("FORBIDDEN", "current_password: it is wrong")
        return await self._set_password(
            identity.user_id, await self._hash(password), actor=identity.user_id, but=_login_of(identity)
        )

    async def _set_password(
        self, user_id: str, hashed: str, *, actor: str | None, but: str = ""
    ) -> list[str]:
        now = self._clock.now()

        def work(connection: Connection) -> list[str]:
            people.change(connection, user_id, password_hash=hashed)
            audit.add(connection, "password.changed", now=now, actor=actor, subject=user_id)
            return people.end_logins(connection, user_id, but=but)

        return await self._database.write(work)

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
        now = self._clock.now()
        action = "account.disabled" if disabled else "account.enabled"

        def work(connection: Connection) -> None:
            concerned = people.disable(connection, person.id, now if disabled else None)
            heads.raise_fences(connection, concerned)
            audit.add(connection, action, now=now, actor=None, subject=person.id)

        await self._database.write(work)

    async def set_admin(self, email: str, on: bool) -> None:
        """An administrator may lock any document and read the whole audit.  Raises Invalid."""
        person = await self.by_email(email)
        now = self._clock.now()

        def work(connection: Connection) -> None:
            people.change(connection, person.id, admin=int(on))
            audit.add(connection, "account.admin", now=now, actor=None, subject=person.id, on=on)

        await self._database.write(work)

    async def storage_used(self, user_id: str) -> int:
        """Bytes that the logs and images of somebody's own documents take."""
        return await self._database.read(lambda connection: usage.used(connection, user_id))

    async def every(self) -> list[Person]:
        return await self._database.read(people.every)

    def checked_name(self, name: str) -> str:
        """A person's name as it may stand.  Raises Invalid."""
        name = " ".join(name.split())
        if not name or protocol_length(name) > self._settings.name_units or not name.isprintable():
            raise Invalid("INVALID_REQUEST", f"name: 1 to {self._settings.name_units} characters are needed")
        return name

    # --- logins of browsers ---------------------------------------------------------------------------------

    async def login(self, person: Person, device: str, address: str | None = None) -> str:
        """Sign a browser in: the cookie's value."""
        token = secrets.token_urlsafe(32)
        await self._database.write(
            lambda connection: self.add_login(connection, person.id, token, device, address)
        )
        return token

    def add_login(
        self, connection: Connection, user_id: str, token: str, device: str, address: str | None
    ) -> None:
        """The login that a cookie's value stands for, in the caller's transaction."""
        now = self._clock.now()
        login_id = "l" + secrets.token_hex(16)
        people.add_login(
            connection,
            login_id=login_id,
            token_hash=hashed_token(token),
            user_id=user_id,
            device=device,
            now=now,
            expires_at=now + self._settings.login_days * 86_400,
        )
        audit.add(
            connection, "login.made", now=now, actor=user_id, subject=login_id, address=address, device=device
        )

    async def logout(self, token: str) -> str | None:
        """Ends the login of a cookie; returns its id if it was good."""
        now = self._clock.now()
        found = await self._database.read(
            lambda connection: people.by_login(connection, hashed_token(token), now)
        )
        if found is None:
            return None
        await self.end_login(found[0].id, found[1])
        return found[1]

    async def logins(self, user_id: str) -> list[Login]:
        """The latest used first."""
        now = self._clock.now()
        return await self._database.read(lambda connection: people.logins_of(connection, user_id, now))

    async def end_login(self, user_id: str, login_id: str) -> None:
        """Raises Missing for one that is not this person's."""
        now = self._clock.now()

        def work(connection: Connection) -> None:
            people.remove_login(connection, user_id, login_id)
            audit.add(connection, "login.ended", now=now, actor=user_id, subject=login_id)

        await self._database.write(work)

    async def end_logins(self, identity: Identity, *, but_this: bool) -> list[str]:
        """Signs out everywhere; returns the grants that ended."""
        now = self._clock.now()
        but = _login_of(identity) if but_this else ""

        def work(connection: Connection) -> list[str]:
            ended = people.end_logins(connection, identity.user_id, but=but)
            for login_id in ended[:-1]:
                audit.add(connection, "login.ended", now=now, actor=identity.user_id, subject=login_id)
            return ended

        return await self._database.write(work)

    async def by_cookie(self, token: str) -> Identity:
        """Raises Denied."""
        now = self._clock.now()
        found = await self._database.read(
            lambda connection: people.by_login(connection, hashed_token(token), now)
        )
        if found is None or found[0].disabled:
            raise Denied("UNAUTHENTICATED", "you are signed out; sign in again")
        person, login_id, seen_at = found
        if now - seen_at >= 3600:
            expires_at = now + self._settings.login_days * 86_400
            await self._database.write(
                lambda connection: people.see_login(connection, hashed_token(token), now, expires_at)
            )
        return Identity(person, "cookie", grant=login_id)

    # --- tokens ---------------------------------------------------------------------------------------------

    async def access_token(self, person: Person, address: str | None = None) -> str:
        """A JWT, good for `access_token_seconds`."""
        now = self._clock.now()
        await self._write_down(
            "login.made", actor=person.id, subject=None, address=address, device="a program"
        )
        claims = {
            "sub": person.id,
            "iat": now,
            "exp": now + self._settings.access_token_seconds,
            "iss": "octavo",
            "gen": person.generation,
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
        if claims.get("gen", 0) != person.generation:
            raise Denied("UNAUTHENTICATED", "you have signed out everywhere; sign in again")
        return Identity(person, "access", grant=people.access_grant(person.id, person.generation))

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

        def work(connection: Connection) -> None:
            tokens.add(connection, api_token, hashed_token(secret))
            audit.add(
                connection,
                "token.made",
                now=now,
                actor=user_id,
                subject=api_token.id,
                name=api_token.name,
                scopes=list(api_token.scopes),
            )

        await self._database.write(work)
        return api_token, secret

    async def api_tokens(self, user_id: str) -> list[tokens.ApiToken]:
        return await self._database.read(lambda connection: tokens.of(connection, user_id))

    async def remove_api_token(self, user_id: str, token_id: str) -> None:
        """Raises Missing."""
        now = self._clock.now()

        def work(connection: Connection) -> None:
            tokens.remove(connection, user_id, token_id)
            audit.add(connection, "token.removed", now=now, actor=user_id, subject=token_id)

        await self._database.write(work)

    async def _write_down(
        self,
        action: str,
        *,
        actor: str | None,
        subject: str | None,
        address: str | None = None,
        **detail: str,
    ) -> None:
        now = self._clock.now()
        await self._database.write(
            lambda connection: audit.add(
                connection, action, now=now, actor=actor, subject=subject, address=address, **detail
            )
        )

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


def _there(person: Person | None) -> Person:
    if person is None:
        raise Denied("UNAUTHENTICATED", "the account is closed")
    return person


def _login_of(identity: Identity) -> str:
    """The login to keep when all others end; access tokens end with them."""
    return identity.grant if identity.kind == "cookie" else ""


def take_up(connection: Connection, token: str, user_id: str, now: int) -> invitations.Invitation:
    """Turn the invitation that a link bears into a role.  Raises Missing."""
    found = invitations.by_token(connection, hashed_token(token), now)
    if found is None:
        raise no_invitation()
    invitations.take_up(connection, found, user_id, now)
    return found


def no_invitation() -> Missing:
    return Missing("NOT_FOUND", "this invitation was taken up, withdrawn or is too old; ask for a new one")


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


def checked_color(color: str | None) -> str | None:
    """Raises Invalid."""
    if color is not None and color not in COLORS:
        raise Invalid("INVALID_REQUEST", f"color: one of {', '.join(COLORS)}, or null")
    return color


def check_password(password: str) -> None:
    """Raises Invalid."""
    if not 8 <= len(password) <= 256:
        raise Invalid("INVALID_REQUEST", "password: 8 to 256 characters are needed")


def protocol_length(text: str) -> int:
    """UTF-16 code units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)
