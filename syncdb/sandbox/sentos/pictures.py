"""The pictures of a tenant: served to anybody who has their address, as the habits say."""

from __future__ import annotations

from email.utils import formatdate

from werkzeug import Request, Response

from syncdb.sandbox.sentos.books import Books
from syncdb.sandbox.sentos.habits import Habits

FOLDER = "images"
KEPT = "kept"  # below the folder: where a redirect leads to


def served(books: Books, habits: Habits, request: Request) -> Response:
    """The bytes of a picture, or what else is answered."""
    name = request.path.partition(f"/{FOLDER}/")[2]
    if habits.pictures == "login":
        return Response("Unauthorized", 401)
    if habits.pictures == "redirect" and not name.startswith(f"{KEPT}/"):
        to = request.host_url.rstrip("/") + request.path.replace(f"/{FOLDER}/", f"/{FOLDER}/{KEPT}/", 1)
        return Response("", 302, headers={"Location": to})
    found = books.pictures.get(name.removeprefix(f"{KEPT}/"))
    if found is None or (habits.pictures == "bare" and request.method == "HEAD"):
        return Response("Not found", 404 if found is None else 405)
    answer = Response(found.content, content_type="application/octet-stream")
    if habits.pictures != "bare":
        answer.headers["Last-Modified"] = formatdate(found.changed_at, usegmt=True)
    return answer
