"""History: content at any revision, what happened in between, who wrote what, editing sessions, versions.

`tracking`, `diff`, `sessions` and `contribution` are pure; `following` holds the jobs that keep what is derived of the
log, `service` is what routes and the command line call.
"""

from octavo.history.following import AttributionJob, SessionJob
from octavo.history.service import History

__all__ = ["AttributionJob", "History", "SessionJob"]
