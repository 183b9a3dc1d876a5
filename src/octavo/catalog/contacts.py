"""With whom somebody has shared before: what the share dialog completes to, and nobody else.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, or_, select

from octavo.catalog import people
from octavo.catalog.people import Person
from octavo.catalog.tables import contacts, users


def add(connection: Connection, user_id: str, contact_id: str, now: int) -> None:
    """Remember, or remember that it was again."""
    if user_id == contact_id:
        return
    connection.execute(
        delete(contacts).where(contacts.c.user_id == user_id, contacts.c.contact_id == contact_id)
    )
    connection.execute(insert(contacts).values(user_id=user_id, contact_id=contact_id, shared_at=now))


def find(connection: Connection, user_id: str, text: str, limit: int) -> list[Person]:
    """Those whose name has a word, or whose address a beginning, that starts so; the latest shared with first."""
    query = (
        select(users)
        .join(contacts, contacts.c.contact_id == users.c.id)
        .where(contacts.c.user_id == user_id, users.c.disabled_at.is_(None))
        .order_by(contacts.c.shared_at.desc(), users.c.id)
        .limit(limit)
    )
    if text:
        query = query.where(
            or_(
                users.c.name.istartswith(text, autoescape=True),
                users.c.name.icontains(" " + text, autoescape=True),
                users.c.email.istartswith(text, autoescape=True),
            )
        )
    return [people.person_of(row) for row in connection.execute(query).all()]
