"""One file per technology; each passes the contract suite of the ports it serves (`tests/contracts`)."""
