"""The ways of logging in to Sentos, by the words that settings have for them, and what each of them sends."""

SENDS = {
    "basic": "key and secret in the header Authorization: Basic",
    "headers": "key and secret in the headers X-Api-Key and X-Api-Secret",
    "bearer": "the secret in the header Authorization: Bearer",
    "token": "the secret in the header Authorization: Token",
}
SCHEMES = tuple(SENDS)
