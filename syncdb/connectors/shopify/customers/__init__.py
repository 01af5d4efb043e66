"""The people who buy in a shop: read as records, found and made under their e-mail address, changed field by field."""
