"""How jobs and what becomes of them travel between processes.

What is small is pickled. Texts, nearly all of it, go as they are, one behind the other: each copy of them in memory would cost as
much as making them (measured).
"""

import pickle
import struct
from collections.abc import Sequence
from typing import IO

from syncdb.connectors.shopify.bulk_join import Joined, JoinJob
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.order_snapshot import OrderSnapshot, OrderSummary

_SIZES = struct.Struct(">QQ")  # bytes of what is pickled and of the texts behind it
Message = tuple[bytes, Sequence[bytes]]  # what is pickled, and the texts


def send(target: IO[bytes], message: Message) -> None:
    """Raises OSError where the other end is gone."""
    small, texts = message
    target.write(_SIZES.pack(len(small), sum(map(len, texts))))
    target.write(small)
    for text in texts:
        target.write(text)
    target.flush()


def receive(source: IO[bytes]) -> tuple[bytes, bytes]:
    """What is pickled and all texts of the next message. Raises EOFError where none comes whole."""
    head = source.read(_SIZES.size)
    if len(head) < _SIZES.size:
        raise EOFError
    sizes = _SIZES.unpack(head)
    small, texts = (source.read(size) for size in sizes)
    if (len(small), len(texts)) != sizes:
        raise EOFError
    return small, texts


def job_sent(job: JoinJob) -> Message:
    return pickle.dumps((job.sight, len(job.left_out)), pickle.HIGHEST_PROTOCOL), (job.left_out, job.chunk)


def job_received(small: bytes, texts: bytes) -> JoinJob:
    sight, size = pickle.loads(small)
    return JoinJob(texts[size:], texts[:size], sight)


def answer_sent(answer: Joined | NotInBulk) -> Message:
    if isinstance(answer, NotInBulk):
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL), ()
    orders = [(one.order_id, one.hash, len(one.text), tuple(one.summary), one.withheld, one.deleted) for one in answer.orders]
    small = (orders, answer.held, answer.unclear, answer.long, answer.latest)
    return pickle.dumps(small, pickle.HIGHEST_PROTOCOL), [one.text for one in answer.orders]


def answer_received(small: bytes, texts: bytes) -> Joined:
    """What was sent. Raises NotInBulk where that was sent."""
    found = pickle.loads(small)
    if isinstance(found, NotInBulk):
        raise found
    known, held, unclear, long, latest = found
    orders, start = list[OrderSnapshot](), 0
    for order_id, mark, size, summary, withheld, deleted in known:
        text = texts[start : start + size]
        orders.append(OrderSnapshot(order_id, mark, text, OrderSummary._make(summary), withheld, deleted))
        start += size
    return Joined(orders, held, unclear, long, latest)
