"""Sentos over its REST API, as far as its public clients tell of it. What is unproven is said in docs/sentos.md."""
