"""A shop's products as wholes: read, made in another shop, changed part by part, with their media."""
