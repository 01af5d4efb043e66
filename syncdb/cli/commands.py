"""The commands of the manager, with what their help says: so a list of them is printed without loading any of them.

A command is a line of this table and the function that it names. Those that run a pair come from the pairs themselves.
"""

from dataclasses import dataclass

from syncdb.pairs import registry
from syncdb.programs import MANAGER


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, its function as `module:function`, and its help, whose first sentence stands in the list.

    `pair` is the name of the pair that it runs, if it runs one.
    """

    name: str
    function: str
    help: str
    pair: str = ""

    @property
    def summary(self) -> str:
        """The first sentence of the help."""
        return self.help.partition("\n")[0].partition(". ")[0].removesuffix(".") + "."


ABOUT = f"""Ask the ledger how things stand, and look after it.

From status to check they answer from the ledger alone, also while a sync is running. Every command takes --json for scripts.
Example: {MANAGER} status
"""

# these answer from the ledger alone
ANSWERS = (
    Command(
        "status",
        "syncdb.cli.status:status",
        f"""Say whether all is well, and what needs a look.

        Last and next run, orders, errors, unfinished writes, gaps in the order numbers, the ledger, the API version.

        Leaves with 0 when all is fine and with 1 when something needs attention, for monitoring.

        Example: {MANAGER} status
        """,
    ),
    Command(
        "orders",
        "syncdb.cli.orders:orders",
        f"""List orders, the newest first.

        Example: {MANAGER} orders --status unfulfilled --since 7d
        """,
    ),
    Command(
        "history",
        "syncdb.cli.history:history",
        f"""Tell everything that happened to an order or a product.

        Also to a variant, its stock, or a collection. What the shop changed, field by field with before and after, which run
        wrote what where, and what people decided.

        Example: {MANAGER} history 1001
        """,
    ),
    Command(
        "errors",
        "syncdb.cli.errors:errors",
        f"""Show what failed, by cause, and what to do.

        With the orders that each concerns, and what was left for a person to decide. Leaves with 0 whether or not there are any;
        `status` is for monitoring.

        Example: {MANAGER} errors --resolve 12 --reason "order was a fake"
        """,
    ),
    Command(
        "conflicts",
        "syncdb.cli.conflicts:conflicts",
        f"""List what both sides changed, side by side, and decide it.

        Nothing is written anywhere now: the next run carries a decision out, if both sides still show what was decided about.
        Exit codes: 0 listed or decided; 2 no such conflict or value; 7 a run holds the ledger.

        Example: {MANAGER} conflicts 3fa9c1 --take shopify
        """,
    ),
    Command(
        "report",
        "syncdb.cli.report:report",
        f"""Report on the last days, as text or as a page.

        Orders and revenue by day, changes, runs, gaps, errors and the tool's own health.

        Example: {MANAGER} report --days 30 --output november.html
        """,
    ),
    Command(
        "export",
        "syncdb.cli.export:export",
        f"""Write orders, lines, runs, errors or changes to a file.

        With --json the answer about the export is JSON; the exported data follow the file's ending.

        Example: {MANAGER} export --what lines --since 2026-11-01 --output november.xlsx
        """,
    ),
    Command(
        "backup",
        "syncdb.cli.backup:backup",
        f"""Copy the ledger and look the copy through.

        Consistent also while a sync is running, which copying the file by hand is not.

        Example: {MANAGER} backup --output backups/ledger.db
        """,
    ),
    Command(
        "restore",
        "syncdb.cli.backup:restore",
        f"""Put a backup in the place of the ledger.

        The present ledger is kept beside it. What was redacted since the backup does not come back. The next sync looks at every
        order and row, so what the other side has already is taken over, never added again.

        Example: {MANAGER} restore backups/ledger.db
        """,
    ),
    Command(
        "check",
        "syncdb.cli.check:check",
        f"""Read the whole ledger through.

        Its file, the relations between its tables, and every stored order against its hash. Leaves with 0 when it is sound and
        with 5 when it is not.

        --vacuum rebuilds a sound file without the room that removed history left in it. No run can start meanwhile, and the disk
        must have room for a second copy.

        Example: {MANAGER} check
        """,
    ),
)

# these ask the systems, or change something
ACTIONS = (
    Command(
        "retry",
        "syncdb.cli.retry:retry",
        f"""Try the orders that were held back again.

        It is an ordinary run of each pair that held something back, also a product or a variant; what came of each is told.
        Exit codes: 0 all are made good (or none was held back); 3 some still are not; else that of the run.
        Example: {MANAGER} retry
        """,
    ),
    Command(
        "reset",
        "syncdb.cli.reset:reset",
        f"""Have the next run examine one order anew.

        What was agreed about it is forgotten, so that the run reads it again and compares every cell with the shop. Neither the
        shop nor the other side is changed now, and no row is ever added twice: rows are found by keys. What people wrote into
        managed cells of this order is replaced by the shop's values (also with edited_cells = report), and a row of it that a
        person deleted comes back (also with deleted_rows = respect).
        Exit codes: 0 done; 2 no such order; 7 a run holds the ledger. Example: {MANAGER} reset 1001
        """,
    ),
    Command(
        "validate",
        "syncdb.cli.validate:validate",
        f"""Try whether everything that a run needs works.

        Configuration, ledger, and both systems of each pair.
        Each line is passed, or failed with the remedy. Nothing is changed.
        What a look must leave for a moment to be sure (a mark that shows the right to edit) is removed at once.
        Exit codes: 0 all passed; 2 configuration; 4 a remote refused or is away; 5 something needs a person.
        Example: {MANAGER} validate
        """,
    ),
    Command(
        "missing",
        "syncdb.cli.missing:missing",
        f"""Find orders that the ledger, or a place that shows them, lacks.

        Each gap in the order numbers is asked of Shopify, by name and by time, and classified; each day is counted in the shop
        and in the ledger; every row with an order is held against the ledger. Without the network the gaps are listed and marked
        unasked.
        Exit codes: 0 nothing is missing (or it was fixed); 2 no orders are kept in step; 3 something is; 4 away.
        Example: {MANAGER} missing --days 30
        """,
    ),
    Command(
        "audit",
        "syncdb.cli.audit:audit",
        f"""Read both sides anew and prove them equal, or say where not.

        Orders of some days with their sums by day and currency, and every value that is kept in step of all else. Neither the
        ledger nor what was agreed earlier decides what is equal, and nothing is changed anywhere.
        Exit codes: 0 everything is equal; 3 something differs or could not be read; 2 configuration; 4 a remote is away.
        Example: {MANAGER} audit --month 2026-10 --output october.html
        """,
    ),
    Command(
        "init",
        "syncdb.cli.init:init",
        f"""Set syncdb up, question by question.

        Each answer is tried at once; config.json and .env are written at the end.
        Secrets never go on the command line, where others could see them: without a terminal, give them in the
        environment (SHOPIFY_CLIENT_SECRET, say); they are kept in .env, readable by you only. Nothing is overwritten unasked.
        Exit codes: 0 written; 2 something is missing or does not work; 130 given up. Example: {MANAGER} init
        """,
    ),
    Command(
        "setup",
        "syncdb.cli.setup:setup",
        f"""Make what a pair wants in its systems beside its data.

        For two stores: the definitions of the metafields that show which products belong together. It says what would be made
        and asks.
        Exit codes: 0 done; 2 nothing is wanted, or nobody was there to be asked; 4 a remote refused; 5 something is in the way.
        Example: {MANAGER} setup --pair stores
        """,
    ),
    Command(
        "schedule",
        "syncdb.cli.schedule:schedule",
        f"""Have this computer run the sync by itself.

        Prints what does that; with --install it is put in place. It runs in this folder with this Python. Nothing is installed
        unasked. Exit codes: 0 done; 2 not possible as asked; 5 the scheduler refused. Example: {MANAGER} schedule
        --every 15
        """,
    ),
    Command(
        "hooks",
        "syncdb.cli.hooks:hooks",
        f"""Receive webhooks, so that changes arrive within seconds.

        What came is kept beside the ledger until a run of the pair in --mode continuous has looked at it; any other run looks at
        it, too. A reverse proxy or a tunnel brings the webhooks from the public address to the port (docs/webhooks.md).
        Exit codes: 0 ended; 2 configuration; 5 what came could not be kept. Example: {MANAGER} hooks --port 8787
        """,
    ),
    Command(
        "serve",
        "syncdb.cli.serve:serve",
        f"""Show how things stand in the browser, and act there.

        What needs a person, conflicts to decide, orders and their history, runs to start and watch. On this computer only, unless
        a proxy is named. The first start shows a code here, with which the first account is made (docs/web.md).
        Exit codes: 0 ended; 2 configuration; 5 web.db beside the ledger cannot be used. Example: {MANAGER} serve --port 8790
        """,
    ),
    Command(
        "webhooks",
        "syncdb.cli.webhooks:webhooks",
        f"""Have shops send webhooks, or look whether they do.

        register makes the subscriptions of each configured shop as they are wanted: it adds what is missing, changes what differs
        and removes what would be sent twice. status only looks. Continuous runs repair them once a day.
        Exit codes: 0 all as wanted; 2 configuration; 3 not all; 4 Shopify refused or is away.
        Example: {MANAGER} webhooks register --store shopify
        """,
    ),
    Command(
        "alerts",
        "syncdb.cli.alerts:alerts",
        f"""Show what people are told of, try it, or have silence.

        Runs, and serve --schedule, send mail, a signed webhook, or whatever Apprise reaches: once for each trouble, then more
        and more rarely, and when it is over (docs/alerts.md). list shows what is the matter; test sends a message by each way;
        silence WHAT --until DATE tells nobody of a code (or all) until then.
        Exit codes: 0 done; 2 configuration; 4 a way did not take the test. Example: {MANAGER} alerts test
        """,
    ),
    Command(
        "fleet",
        "syncdb.cli.fleet:fleet",
        f"""Run many shops on many machines.

        A database (FLEET_DATABASE_URL) knows which shop is due where; a worker on each machine runs those that live
        there, as ordinary commands. init takes in the shops of a folder; status shows them, worst first; pause, resume and
        run-now are about shops by name, pattern, --home or --only; add, remove and move about single ones; validate tries all;
        backup copies those of this computer, and recover puts those of a lost home in place here (docs/fleet.md).
        Exit codes: 0 done; 1 (status) something needs a look; 2 configuration; 4 the database is away; 5 needs a person.
        Example: {MANAGER} fleet worker --home alpha --slots 4
        """,
    ),
    Command(
        "secrets",
        "syncdb.cli.secrets:secrets",
        f"""Keep tokens and passwords encrypted, beside the settings.

        set NAME asks for one (or reads it from standard input: never from the command line); list shows which are set, from which
        place each counts, its age and last four letters; rotate gives all a new key; remove NAME forgets one. The key is
        elsewhere (docs/secrets.md): without it a secret must be entered again, and nothing else is lost.
        Exit codes: 0 done; 2 no such secret, or no place for the key. Example: {MANAGER} secrets set
        shopify_access_token
        """,
    ),
    Command(
        "redact",
        "syncdb.cli.redact:redact",
        f"""Remove a customer's personal data, and prove it.

        It goes from the ledger, its history, the logs and dry runs. The orders themselves stay, without a person: numbers, items,
        amounts and statuses. No later sync brings the data back.
        Exit codes: 0 gone; 2 nobody is meant, or no orders are kept in step; 3 something still holds it (it is named); 4 a place
        could not be cleared; 5 a write must be settled first, or the disk lacks room.

        shop:NAME is everybody of a shop that took the app out and asks for it: the files are listed, with --delete-files deleted.

        Example: {MANAGER} redact jane@example.com --everywhere
        """,
    ),
)

# these are about the commands themselves
ABOUT_COMMANDS = (
    Command(
        "help",
        "syncdb.cli.help:show_help",
        f"""Show the help of a command, or the list of them.

        Example: {MANAGER} help missing
        """,
    ),
    Command(
        "completion",
        "syncdb.cli.completion:completion",
        """Print what makes a shell complete commands and options.

        For the installed commands (syncdb and those of the pairs), in bash, zsh or fish.
        Example: syncdb completion bash >> ~/.bashrc
        """,
    ),
)

# these run a pair; their options are read where its script reads them
registry.keep_out([command.name for command in (*ANSWERS, *ACTIONS, *ABOUT_COMMANDS)])
RUNS = tuple(Command(pair.command, "syncdb.cli.run_pair:main", pair.summary, pair.name) for pair in registry.PAIRS)

# in the order of the help
COMMANDS = {command.name: command for command in (*ANSWERS, *RUNS, *ACTIONS, *ABOUT_COMMANDS)}
