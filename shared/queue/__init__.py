"""The queue: the only code that touches job keys. One Lua script per transition, under `lua/`."""

from shared.queue.payload import decode_payload, encode_payload

__all__ = ["decode_payload", "encode_payload"]
