"""Whatever else Apprise reaches (Slack, Telegram, ntfy ...). It is loaded where it is used only: it is an extra, and large."""

from dataclasses import dataclass, field

from syncdb.connectors.alerts.outgoing import NotDelivered, Outgoing


@dataclass(frozen=True, slots=True)
class Others:
    """`addresses` as Apprise understands them."""

    addresses: tuple[str, ...] = field(repr=False)

    @property
    def name(self) -> str:
        return "apprise"

    def send(self, message: Outgoing) -> None:
        try:
            from apprise import Apprise
        except ModuleNotFoundError:
            raise NotDelivered("the package apprise is not installed: python -m pip install 'syncdb[apprise]'") from None
        ways = Apprise()
        for number, one in enumerate(self.addresses, 1):
            if not ways.add(one):
                raise NotDelivered(f"address {number} of alert_apprise is none that Apprise understands")
        if not ways.notify(title=message.subject, body=message.body):
            raise NotDelivered("one of the addresses of alert_apprise did not take it")
