"""A server with the comments of one pull request of GitHub, or of one merge request of GitLab, as their APIs give them."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from patience import PATIENCE

TOKEN = "its-token"
# What the forges take as the text of a comment, in characters.
LIMITS = {"github": 65_536, "gitlab": 1_000_000}
# Who the token is of, and somebody else.
BOT = {"id": 41, "login": "github-actions[bot]"}
PERSON = {"id": 7, "login": "somebody"}


@dataclass
class Forge:
    """The comments, and what was asked for."""

    kind: str
    may_write: bool = True
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    origin: str = ""

    @property
    def path(self) -> str:
        """Where the comments are."""
        if self.kind == "github":
            return "/repos/acme/training/issues/12/comments"
        return "/projects/34/merge_requests/12/notes"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a job on this forge."""
        if self.kind == "github":
            return {"TOKEN": TOKEN, "COMMENTS": self.origin + self.path}
        return {"RACESTACK_TOKEN": TOKEN, "CI_API_V4_URL": self.origin, "NOTES": self.origin + self.path}

    def add(self, body: str, author: dict[str, Any]) -> dict[str, Any]:
        """A new comment."""
        number = len(self.comments) + 1
        by = "user" if self.kind == "github" else "author"
        home = self.path.replace("/12/comments", "/comments")
        comment = {"id": number, "url": f"{self.origin}{home}/{number}", "body": body, by: author}
        self.comments.append(comment)
        return comment

    def answer(self, method: str, target: str, headers: Any, body: str | None) -> tuple[int, Any]:
        """The status and the answer to a request."""
        url = urlsplit(target)
        self.asked.append(f"{method} {url.path}")
        sent = headers["Authorization"] == f"Bearer {TOKEN}" if self.kind == "github" else headers["PRIVATE-TOKEN"] == TOKEN
        if not sent:
            return 401, {"message": "Bad credentials"}
        if method == "GET":
            return self._found(url.path, {key: int(values[0]) for key, values in parse_qs(url.query).items()})
        if not self.may_write:
            return 403, {"message": "Resource not accessible by integration"}
        if not body or not body.strip() or len(body) > LIMITS[self.kind]:
            return 422 if self.kind == "github" else 400, {"message": f"a body of {len(body or '')} characters"}
        if method == "POST" and url.path == self.path:
            return 201, self.add(body, BOT)
        for comment in self.comments:
            home = urlsplit(comment["url"]).path
            if (method, url.path) == ("PATCH" if self.kind == "github" else "PUT", home):
                comment["body"] = body
                return 200, comment
        return 404, {"message": "Not Found"}

    def _found(self, path: str, query: dict[str, int]) -> tuple[int, Any]:
        if (self.kind, path) == ("gitlab", "/user"):
            return 200, {"id": BOT["id"]}
        if path != self.path:
            return 404, {"message": "Not Found"}
        size, page = min(query.get("per_page", 30), 100), query.get("page", 1)
        # GitLab gives the newest first, unless asked otherwise.
        ordered = self.comments if self.kind == "github" else self.comments[::-1]
        return 200, ordered[(page - 1) * size : page * size]


@contextlib.contextmanager
def running_forge(kind: str) -> Iterator[Forge]:
    """Serve a forge on a free port of 127.0.0.1 for as long as the block runs."""
    forge = Forge(kind)

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(sent)["body"] if sent else None
            status, answer = forge.answer(self.command, self.path, self.headers, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _reply

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forge.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=PATIENCE)
