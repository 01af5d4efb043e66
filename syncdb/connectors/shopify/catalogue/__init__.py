"""Products, variants, stock and collections of a shop, to be read and written: both ways with another system."""
