"""The bytes of media: fetched from where a shop shows them for a short time, and what they are.

Only the original is fetched, never what a shop makes of it for visitors: that differs by what the visitor's browser accepts.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO
from urllib.parse import urljoin, urlsplit

import requests

from syncdb.connectors.shopify.client import LOOPBACK
from syncdb.connectors.shopify.products.whole import Medium, MediumKind
from syncdb.errors import Refused, RetryLater
from syncdb.http import Retrier, Transient

TIMEOUT = (10.0, 120.0)  # seconds to connect, and between two pieces
MOST_HOPS = 3
IN_MEMORY = 32 * 1024 * 1024
LARGEST = {  # bytes; documented: pictures 20 MB, videos 1 GB
    MediumKind.IMAGE: 20 * 1024 * 1024,
    MediumKind.VIDEO: 1024 * 1024 * 1024,
    MediumKind.MODEL_3D: 500 * 1024 * 1024,
}


class NotTaken(Exception):
    """The medium cannot be taken over as it is, and why."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a medium, to be read from their beginning."""

    file: IO[bytes]
    size: int
    digest: str


def safe(address: str) -> bool:
    """Whether bytes may be fetched from or sent to an address: encrypted, or on this computer."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


ByteSession = requests.Session


@contextmanager
def byte_session() -> Iterator[ByteSession]:
    """A session for bytes: it carries no credentials, because addresses come from answers."""
    with requests.Session() as session:
        yield session


@dataclass(frozen=True, slots=True)
class Contents:
    """Fetches bytes. The session must carry no credentials: addresses come from answers.

    `lasting`: addresses are good for ever, so that they may lead on to others as safe, and what is not there will not be.
    `may` says which may be asked for at all.
    """

    session: requests.Session
    retrier: Retrier
    lasting: bool = False
    may: Callable[[str], bool] = safe

    @contextmanager
    def of(self, medium: Medium) -> Iterator[Content]:
        """The bytes of a medium while the block lasts.

        Raises NotTaken where they are too large for any shop, Refused where they stand at an address that is not safe (NotTaken
        for a lasting one), RetryLater
        where they cannot be had now (an address is good for a short time only: the medium must be read again).
        """
        if not self.may(medium.address) and not self.lasting:
            raise Refused(f"The address of medium {medium.ref} is not encrypted: it was not fetched.", next_step="Report this.")
        if not self.may(medium.address):
            raise NotTaken("it is not fetched: only https addresses that everybody can reach are")
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            yield self.retrier.call(lambda: self._fetched(medium, file), f"Fetching medium {medium.ref}")

    def digest(self, medium: Medium) -> str:
        """The SHA-256 of the bytes. Raises as `of`."""
        with self.of(medium) as content:
            return content.digest

    def about(self, address: str) -> tuple[int | None, datetime | None]:
        """Size in bytes and moment of the last change of what stands at an address; None for what is not told."""
        if not self.may(address):
            return None, None
        try:
            answer = self._followed("HEAD", address)
        except requests.RequestException:
            return None, None
        size, changed = answer.headers.get("Content-Length", ""), answer.headers.get("Last-Modified", "")
        if answer.status_code != 200:
            return None, None
        return int(size) if size.isdecimal() and int(size) else None, _moment(changed)

    def _fetched(self, medium: Medium, file: IO[bytes]) -> Content:
        file.seek(0)
        file.truncate()
        try:
            with closing(self._followed("GET", medium.address)) as answer:
                self._refuse_failure(answer, medium)
                content = _copied(answer, medium, file)
        except requests.RequestException as error:
            raise Transient(f"no complete answer ({type(error).__name__})") from None
        if medium.size is not None and content.size != medium.size:
            raise Transient(f"{content.size} of {medium.size} bytes came")
        return content

    def _followed(self, method: str, address: str) -> requests.Response:
        """The answer at the end of the redirects that are followed."""
        for hop in range(MOST_HOPS + 1):
            answer = self.session.request(method, address, timeout=TIMEOUT, allow_redirects=False, stream=True)
            address = urljoin(address, answer.headers.get("Location", ""))
            if not self.lasting or hop == MOST_HOPS or not answer.is_redirect or not self.may(address):
                break
            answer.close()
        return answer

    def _refuse_failure(self, answer: requests.Response, medium: Medium) -> None:
        """Raise Transient where another try may help, NotTaken or RetryLater where it does not."""
        status = answer.status_code
        if status in (408, 429) or status >= 500:
            raise Transient(f"HTTP {status}")
        if status != 200 and self.lasting:
            raise NotTaken(f"it cannot be fetched (HTTP {status})")
        if status != 200:
            raise RetryLater(
                f"Medium {medium.ref} cannot be fetched (HTTP {status}): its address is no longer good.",
                next_step="The next run asks for a new one.",
            )


def _moment(text: str) -> datetime | None:
    """A moment as HTTP writes it; None for anything else."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _copied(answer: requests.Response, medium: Medium, file: IO[bytes]) -> Content:
    """The bytes in a file. Raises NotTaken where they are more than any shop takes of that kind."""
    made, size, most = hashlib.sha256(), 0, LARGEST[medium.kind]
    for piece in answer.iter_content(1 << 16):
        size += len(piece)
        if size > most:
            raise NotTaken(f"it is larger than the {most // (1024 * 1024)} MB that a shop takes")
        made.update(piece)
        file.write(piece)
    file.seek(0)
    return Content(file, size, made.hexdigest())
