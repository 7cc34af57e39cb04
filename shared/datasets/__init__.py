"""Datasets: rows uploaded once as CSV, NDJSON or JSON, and named by reports where rows are expected."""
