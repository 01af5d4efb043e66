"""A network line of a worker's own to the database: it can hang without a word (SIGSTOP) or be cut (SIGKILL).

python -m tests.fleet.line PORT SOCKET
"""

import asyncio
import sys


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:  # one end is gone: so is the other
        pass
    finally:
        writer.close()


async def main(port: int, socket: str) -> None:
    async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(socket)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_carried(reader, far_writer), _carried(far_reader, writer))

    server = await asyncio.start_server(called, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
