"""JSON answers as Google sends them."""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Response

Json = dict[str, Any]


def json_response(body: object, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8"), status, content_type="application/json; charset=UTF-8")
