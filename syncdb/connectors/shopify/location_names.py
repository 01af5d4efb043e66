"""What a shop's locations are called, also those that hold no stock any more and those of fulfilment services."""

from syncdb.connectors.shopify.catalogue.answered import page_in, text_at
from syncdb.connectors.shopify.client import ShopifyClient, code_of, message_of
from syncdb.connectors.shopify.talk import Talk
from syncdb.errors import RetryLater

# documented: without these two only active locations are listed, and none that apps manage; orders name all of them
NAMES = """query LocationNames($after: String) {
  locations(first: 250, after: $after, includeInactive: true, includeLegacy: true) {
    nodes { name } pageInfo { hasNextPage endCursor }
  }
}"""
WHAT = "Asking what the shop's locations are called"


def location_names(client: ShopifyClient) -> frozenset[str] | None:
    """The names of all of them; None where the app may not see locations. Raises Refused and RetryLater."""
    talk, found, after = Talk(client), set[str](), None
    while True:
        variables = {"after": after}
        answer = talk.ask(NAMES, lambda given=variables: given, WHAT)  # type: ignore[misc]
        if answer.errors and all(code_of(error) == "ACCESS_DENIED" for error in answer.errors):
            return None
        if answer.errors or answer.data is None:
            raise RetryLater(f"{WHAT}: Shopify answered in part only: {message_of(answer.errors)}", next_step="Try again later.")
        page = page_in(answer.data.get("locations"))
        found |= {text_at(node, "name") for node in page.nodes}
        if not (page.more and page.nodes and page.cursor):
            return frozenset(found)
        after = page.cursor
