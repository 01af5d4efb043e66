"""A connection to a database that breaks at the worst moment."""

from typing import Any

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.errors import OutcomeUnknown


class Wire(ErpDatabase):
    """It breaks while the next transaction is being completed, if `breaks` says whether that counts all the same."""

    breaks: bool | None = None

    def _commit(self, connection: Any) -> None:
        if self.breaks is None:
            super()._commit(connection)
            return
        applied, self.breaks = self.breaks, None
        connection.execute("commit" if applied else "rollback")
        connection.close()
        self.close()
        raise OutcomeUnknown("the connection was lost")
