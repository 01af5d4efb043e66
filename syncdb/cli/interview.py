"""The few questions of `init`: each answer is checked and tried before the next one is asked."""

import getpass
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.cli.output import Output
from syncdb.cli.prompts import ask, said_yes
from syncdb.config.keys import GENERAL, Key
from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.pairs.shopify_sheets.checks import check_google, check_shopify
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_sheets.settings import SheetsSettings
from syncdb.systems.check import Check, CheckState
from syncdb.systems.google_sheets.service_account import check_key_file

SHOPIFY = """A way into the shop. Open dev.shopify.com/dashboard with the account that owns the shop: Create app, give it the
scopes read_orders (and read_all_orders, read_customers, read_products, read_locations as you need), Release,
Install app on the shop. Its Settings show the client id and the client secret (shpss_...). An app made in the
Shopify admin before 2026 has an access token (shpat_...) instead. docs/set-up.md has every step."""
GOOGLE = """A way into Google. console.cloud.google.com: make a project, enable the Google Sheets API and the Google Drive
API, make a service account (IAM & Admin), and of it a key: Keys, Add key, JSON. Put the file it downloads into
this folder."""
SHARE = "Now open the spreadsheet in the browser, Share, and add this address as Editor:"


@dataclass(slots=True)
class Interview:
    """Answers by setting name. `given` came as options or from the environment and are not asked for."""

    output: Output
    folder: Path
    given: dict[str, str]
    alone: bool = False  # nobody is there to answer
    test: bool = True
    answers: dict[str, str] = field(default_factory=dict)
    email: str = ""

    @property
    def known(self) -> Mapping[str, Key]:
        return registry.known_keys().by_name

    def hold(self) -> None:
        """Ask everything. Raises ConfigurationError with all that is missing or wrong where nobody can be asked."""
        self._shopify()
        self._google()
        self._ask("target_worksheet", "The tab for the orders; it is made if it is not there", default="Orders")
        self._ask("lookback_days", "How many days back the first run looks", default="30")

    def settings(self) -> SheetsSettings:
        """The answers so far as settings, all else by default."""
        ours = [*SHOPIFY_SHEETS.all_keys, *GENERAL]
        values = {key.name: self.folder / key.default if isinstance(key.default, Path) else key.default for key in ours}
        for name in values:
            if raw := self.answers.get(name) or self.given.get(name):
                found = self.known[name].check(raw)
                values[name] = self.folder / found if isinstance(found, Path) else found
        values["columns"] = None  # which columns are shown makes no difference here
        missing: dict[str, Any] = {"google_service_account_file": self.folder, "target_spreadsheet": "", "shopify_store_name": ""}
        missing["period_spreadsheets"] = {}
        filled: dict[str, Any] = {name: value if value is not None else missing.get(name) for name, value in values.items()}
        return SheetsSettings(**filled, google_client_email=self.email)

    def _shopify(self) -> None:
        self._explain(SHOPIFY)
        while True:
            self._ask("shopify_store_name", "The shop's name (something.myshopify.com)")
            if not self._has("shopify_access_token"):
                self._ask("shopify_client_id", "Client id (empty: I have an access token)", needed=False)
            if self._has("shopify_client_id"):
                self._ask("shopify_client_secret", "Client secret", hidden=True)
            else:
                self._ask("shopify_access_token", "Access token", hidden=True)
            names = ("shopify_store_name", "shopify_client_id", "shopify_client_secret", "shopify_access_token")
            if self._works(lambda: check_shopify(self.settings()), names):
                return

    def _google(self) -> None:
        self._explain(GOOGLE)
        while not self.email:
            self._ask("google_service_account_file", "Path of the key file", default="service_account.json")
            path = self.settings().google_service_account_file
            self.email, problems, _ = check_key_file(path, "given just now")
            if problems:
                self._complain(problems, ("google_service_account_file",))
        self._explain(SHARE, f"    {self.email}")
        while True:
            self._ask("target_spreadsheet", "The spreadsheet's address (or its key or title)")
            if self._works(lambda: check_google(self.settings()), ("target_spreadsheet",)):
                return

    def _ask(self, name: str, question: str, *, default: str = "", needed: bool = True, hidden: bool = False) -> None:
        """Ask until the answer can be used. An answer from before is not asked for again."""
        while not self._has(name):
            if name in self.given:
                raw, source = self.given[name], "given"
            elif self.alone:
                raw, source = default, "default"
                if not raw:
                    if not needed:
                        return
                    raise ConfigurationError(
                        [f"{name} is not given, and nobody is there to be asked."],
                        next_step=f"Give it as an option (init --help) or as {self.known[name].env} in the environment.",
                    )
            else:
                raw, source = self._line(question, default, hidden) or default, "typed"
            if not raw and not needed:
                return
            try:
                self.known[name].check(raw)
            except ValueError as why:
                told = f"{name} {why}."
                if source != "typed":
                    raise ConfigurationError([told]) from None
                self.output.hint(told)
            else:
                self.answers[name] = raw

    def _line(self, question: str, default: str, hidden: bool) -> str:
        prompt = f"{question}{f' [{default}]' if default else ''}: "
        if hidden and sys.stdin is sys.__stdin__:  # a real terminal: what is typed does not show
            return getpass.getpass(prompt).strip()
        return ask(prompt).strip()

    def _has(self, name: str) -> bool:
        return name in self.answers

    def _works(self, try_it: Callable[[], Sequence[Check]], names: Sequence[str]) -> bool:
        """Try what was answered and say what came of it; where it failed, whether the answers stay anyway."""
        if not self.test:
            return True
        checks = try_it()
        for check in checks:
            if check.state is not CheckState.SKIPPED:
                self.output.hint(f"  {check.state.value}: {check.name}: {check.told}")
        bad = [check for check in checks if check.state is CheckState.FAILED]
        if not bad:
            return True
        self._complain([f"{check.told} {check.remedy}".strip() for check in bad], ())
        if said_yes("Keep these answers nevertheless?"):
            return True
        self._forget(names)
        return False

    def _complain(self, problems: Sequence[str], names: Sequence[str]) -> None:
        """Say what is wrong so that it can be answered anew; where nobody is there, that is the end."""
        if self.alone:
            raise ConfigurationError(problems, next_step="Correct it and run init again; --no-test writes it untried.")
        for problem in problems:
            self.output.hint(problem)
        self._forget(names)

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            self.answers.pop(name, None)
            self.given.pop(name, None)

    def _explain(self, text: str, *more: str) -> None:
        if not self.alone:
            for line in ["", *textwrap.wrap(text, 79), *more]:
                self.output.hint(line)
