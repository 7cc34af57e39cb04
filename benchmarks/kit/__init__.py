"""What the benchmarks share: load, processes, the Redis they run on, documents, figures."""
