"""Orders written to a shop: made, changed, paid, shipped and cancelled, each once."""
