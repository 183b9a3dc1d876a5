"""The REST routes: decode, call one function, encode."""
