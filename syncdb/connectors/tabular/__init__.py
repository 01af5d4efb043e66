"""Tables in which people work too: rows found by their key, columns by their header. Shared by all places of this kind."""
