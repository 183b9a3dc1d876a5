"""Bytes to and from what Octavo keeps.  Pure."""
