"""Sends what a program asks of the shop's address to the shop on this computer, over plain HTTP, and refuses every other address.

Python imports a module of this name by itself wherever its folder is on PYTHONPATH: only in the extractors' processes. The place
of the shop is in BENCHMARK_SHOP (host:port).
"""

import http.client
import os
import socket
from typing import Any

import requests

SHOP, PLACE = "kayra-demo.myshopify.com", os.environ["BENCHMARK_SHOP"]
HERE, SEND = f"http://{PLACE}/", requests.adapters.HTTPAdapter.send


def connect(connection: Any) -> None:
    """Where urllib opens a connection with TLS."""
    if connection.host != SHOP:
        raise OSError(f"{connection.host} is not to be reached from here")
    host, port = PLACE.split(":")
    connection.sock = socket.create_connection((host, int(port)), connection.timeout)
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def send(adapter: Any, request: Any, *args: Any, **options: Any) -> Any:
    """Where requests sends one."""
    request.url = request.url.replace(f"https://{SHOP}/", HERE, 1)
    if not request.url.startswith(HERE):
        raise requests.exceptions.ConnectionError(f"{request.url} is not to be reached from here")
    return SEND(adapter, request, *args, **options)


http.client.HTTPSConnection.connect = connect  # type: ignore[method-assign]
requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]
