"""The figures of the README, each one command."""
