"""What every test shares: hypothesis' profiles, and the rule that CI runs all tests or is red."""

from __future__ import annotations

import os

import hypothesis
import pytest

IN_CI = os.environ.get("CI", "").lower() in ("true", "1")

# No deadlines: a test that fails because the machine was busy says nothing about the code.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=20_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "default"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is one that could not be run: red in CI, and listed by `make test`."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        IN_CI
        and reporter is not None
        and reporter.stats.get("skipped")
        and session.exitstatus == pytest.ExitCode.OK
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
