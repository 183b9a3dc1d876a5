"""Three hosts over one log, real clients, virtual time: the live half under every fault that can be thought of."""
