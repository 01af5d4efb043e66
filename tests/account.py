"""What the accounts of all tests share, because it takes long to make and is nobody's subject."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key


@lru_cache(maxsize=1)
def account_key() -> RSAPrivateKey:
    """One private key for the Google accounts of every world of this process; what is signed with it is verified all the same."""
    return generate_private_key(public_exponent=65537, key_size=1024)
