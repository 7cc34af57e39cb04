"""Documents that are hard to set well, and what makes pictures of them: `make gallery`."""
