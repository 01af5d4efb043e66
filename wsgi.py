"""The web applications for any WSGI server: `waitress-serve wsgi:application`, `gunicorn wsgi:application`, and `wsgi:pages`.

`application` receives webhooks (docs/webhooks.md), `pages` are what `sync_manager.py serve` shows (docs/web.md). The
configuration is read as by every command: from the environment, `.env` and `config.json` in the folder it is started in, or from
the file that SYNCDB_CONFIG names.
"""

from typing import Any

from syncdb.bootstrap import web_application, web_pages

_MADE = {"application": web_application, "pages": web_pages}


def __getattr__(name: str) -> Any:
    """One of them, made when a server asks for it: neither needs what the other needs."""
    if name not in _MADE:
        raise AttributeError(name)
    globals()[name] = made = _MADE[name]()
    return made
