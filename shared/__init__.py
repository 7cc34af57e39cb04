"""What the four services share. Imports no service."""
