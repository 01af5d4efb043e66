"""Ledgers as each released schema left them, as SQL text with a row in every table. A file once written is never changed."""
