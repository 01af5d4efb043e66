"""The ways of logging in. Only Basic is well attested; the others come from single clients and are used when chosen only."""

import requests
from requests.auth import AuthBase, HTTPBasicAuth


class _Headers(AuthBase):
    """Explicit headers: otherwise `requests` would put an entry of ~/.netrc for the host in their place."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def login(scheme: str, key: str, secret: str) -> AuthBase:
    """What logs a request in. Raises KeyError for a scheme that there is not."""
    return {
        "basic": HTTPBasicAuth(key, secret),
        "headers": _Headers({"X-Api-Key": key, "X-Api-Secret": secret}),
        "bearer": _Headers({"Authorization": f"Bearer {secret}"}),
        "token": _Headers({"Authorization": f"Token {secret}"}),
    }[scheme]
