"""A local Sentos: what six public clients tell of its API, with everything that is in doubt switchable (`habits`)."""
