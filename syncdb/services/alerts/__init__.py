"""Telling people, wherever they are, of what needs them: once for each trouble, then more rarely, and when it is over."""
