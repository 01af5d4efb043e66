"""What must happen for a product to show just these media: decided from what they are, without touching anything.

A medium is what its bytes are (or the page of a video that others host), never an address and never a name. What is there already
stays; only what differs is sent, and only then order, alt texts and the variants' pictures are put right.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.shopify.products.whole import Medium, MediumKind

MOST_PAIRS = 100  # observed: variants given or taken a picture in one call
VIDEO_PAGE = re.compile(r"(?:youtu\.be/|youtube\.com/(?:watch\?(?:.*&)?v=|embed/|shorts/)|vimeo\.com/(?:video/)?)([\w-]+)")


@dataclass(frozen=True, slots=True)
class Known:
    """A medium with the digest of its bytes (SHA-256 as hex text), None where they are not known."""

    medium: Medium
    digest: str | None = None

    @property
    def identity(self) -> tuple[str, str] | None:
        """What it is, whichever shop it is in; None where that is not known."""
        if self.medium.kind is MediumKind.EXTERNAL_VIDEO:
            return self.medium.kind.value, video_id(self.medium.external)
        return None if self.digest is None else (self.medium.kind.value, self.digest)


@dataclass(frozen=True, slots=True)
class MediaPlan:
    """`kept` says by place which medium of the shop each wanted one is already, `sent` which places must be sent, `dropped` which
    media of the shop nobody wants, `alts` which kept ones need which alt text."""

    kept: Mapping[int, str]
    sent: tuple[int, ...]
    dropped: tuple[str, ...]
    alts: Mapping[str, str]


def video_id(page: str) -> str:
    """The id of a hosted video in whichever form its page is written; the page itself where it is none that is known."""
    found = VIDEO_PAGE.search(page)
    return found[1] if found else page


def media_plan(wanted: Mapping[int, Known], standing: Sequence[Known]) -> MediaPlan:
    """What is kept, sent and dropped of what is wanted by place. The same bytes twice are two media, paired in their order."""
    free: dict[tuple[str, str], list[Known]] = {}
    for one in standing:
        if one.identity is not None:
            free.setdefault(one.identity, []).append(one)
    kept: dict[int, Known] = {}
    for place, one in sorted(wanted.items()):
        if one.identity is not None and (found := free.get(one.identity)):
            kept[place] = found.pop(0)
    used = {one.medium.ref for one in kept.values()}
    return MediaPlan(
        kept={place: one.medium.ref for place, one in kept.items()},
        sent=tuple(place for place in sorted(wanted) if place not in kept),
        dropped=tuple(one.medium.ref for one in standing if one.medium.ref not in used),
        alts={
            one.medium.ref: wanted[place].medium.alt for place, one in kept.items() if one.medium.alt != wanted[place].medium.alt
        },
    )


def may_be_same(one: Medium, other: Medium) -> bool:
    """Whether two media can have the same bytes, as far as kind and size tell; it saves fetching those that cannot."""
    return one.kind is other.kind and (one.size is None or other.size is None or one.size == other.size)


def moves(now: Sequence[str], wanted: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Moves that bring `now` into the order of `wanted`, each carried out before the next, with places from nought."""
    order, found = list(now), []
    for place, ref in enumerate(wanted):
        if order[place] != ref:
            order.remove(ref)
            order.insert(place, ref)
            found.append((ref, place))
    return tuple(found)


def pictures(now: Mapping[str, str | None], wanted: Mapping[str, str | None]) -> tuple[dict[str, str], dict[str, str]]:
    """Which variants lose which picture, and which get which. A variant shows one; it must lose it before it gets another."""
    changed = {variant: ref for variant, ref in wanted.items() if variant in now and now[variant] != ref}
    lost = {variant: shown for variant in changed if (shown := now[variant]) is not None}
    return lost, {variant: ref for variant, ref in changed.items() if ref is not None}
