"""The queue: the only code that touches job keys. One Lua script per transition, under `lua/`."""
