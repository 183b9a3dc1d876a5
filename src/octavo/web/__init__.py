"""Thin shells around the product: authenticate, decode, call one function, encode."""
