"""What a system declares of itself: what people call it, and the settings it is reached with."""

from dataclasses import dataclass

from syncdb.config.keys import Key


@dataclass(frozen=True, slots=True)
class System:
    """A place where data live. `name` is stable, for scripts and the ledger; `title` is what messages call it.

    `redirected_by` names the setting that sends its requests elsewhere (a proxy, a sandbox), `calls_by` the one that limits how
    many requests a calendar month it may be sent; empty where there is none.
    """

    name: str
    title: str
    keys: tuple[Key, ...]
    redirected_by: str = ""
    calls_by: str = ""

    def instance(self, name: str, shorts: dict[str, str], title: str = "") -> "System":
        """One of several instances of it in a configuration: its settings carry the instance's name.

        `shorts` gives, for each of the system's settings that the instance has, what it is called behind that name.
        """
        keys = tuple(key.of_instance(name, shorts[key.name]) for key in self.keys if key.name in shorts)
        return System(name, title or f"{self.title} ({name})", keys)
