"""Render children: processes that render and nothing else, which their worker can kill at any time."""
