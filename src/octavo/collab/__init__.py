"""Live editing: the room (pure), who is in it (pure), and the host that performs what they ask for."""
