"""A real PostgreSQL server of one's own, for tests and demonstrations."""
