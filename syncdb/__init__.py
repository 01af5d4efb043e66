"""syncdb keeps a shop and the places where its people work in step, and can prove it."""

__version__ = "0.1.0"
