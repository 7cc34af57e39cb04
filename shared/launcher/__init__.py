"""`make run`: Redis and the four services in one terminal. No service imports this package."""
