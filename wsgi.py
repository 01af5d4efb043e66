"""The web application for any WSGI server: `waitress-serve wsgi:application`, `gunicorn wsgi:application`. See docs/webhooks.md.

The configuration is read as by every command: from the environment, `.env` and `config.json` in the folder it is started in, or
from the file that SYNCDB_CONFIG names.
"""

from syncdb.bootstrap import web_application

application = web_application()
