"""Texts that are longer than a cell of the other side can hold: the cell shows their beginning and says so."""

SIGN = " … [cut off: {length:,} characters]"


def units(text: str) -> int:
    """The length of a text in UTF-16 units, which is how spreadsheets count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, longest: int) -> str:
    """The beginning of a text with a sign that it goes on, `longest` units at most together. A short one stays as it is."""
    length = units(text)
    if length <= longest:
        return text
    sign = SIGN.format(length=length)
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (longest - len(sign))]
    return kept.decode("utf-16-le", "ignore") + sign  # half of a character at the end is left out
