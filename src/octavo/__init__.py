"""Octavo: several people write in one document, live, and nothing is ever lost."""

__version__ = "0.1.0"
