"""Measurements: each program prints its figures with the machine, the commit and the goals."""
