"""Who may do what: roles, and what each page and each action asks for. What is not declared is refused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from flask import Flask, Response


class Role(IntEnum):
    """What a person may do: look; also decide, retry and run; also settings, secrets and people."""

    VIEWER = 1
    OPERATOR = 2
    OWNER = 3

    @classmethod
    def named(cls, name: str) -> "Role":
        return cls[name.upper()]

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Way:
    """An address and what answers it. `again`: the password is asked for again, in the form itself. `refused` shows that form
    anew, with why nothing was done, and what was typed but for secrets.

    `own` is allowed also to viewers and where only looking is (logging out).
    """

    rule: str
    view: Callable[..., Any]
    role: Role = Role.VIEWER
    methods: Sequence[str] = ("GET",)
    again: bool = False
    open: bool = False
    own: bool = False
    refused: Callable[[str], Response] | None = None

    @property
    def endpoint(self) -> str:
        return f"{'+'.join(self.methods)} {self.rule}"


def add_ways(app: Flask, ways: Sequence[Way], known: dict[str | None, Way]) -> None:
    """Have the application answer these, and remember what each asks for."""
    for way in ways:
        known[way.endpoint] = way
        app.add_url_rule(way.rule, way.endpoint, way.view, methods=list(way.methods), provide_automatic_options=False)


def opened(app: Flask, known: dict[str | None, Way], endpoints: Sequence[str]) -> None:
    """Declare endpoints that answer without a session, and bring their own proof where they ask for one."""
    for endpoint in endpoints:
        known[endpoint] = Way("", app.view_functions[endpoint], open=True)
