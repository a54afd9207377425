"""Follows a route of heartbeat-exporter: which model to call now. One file, Python 3.9 or newer, no packages.

    route = Route("http://heartbeat-exporter:8091", "chat", initial={"use": "openai"})
    choice = route.current()          # at once, without a request
    print(choice["use"], choice["address"], choice["model"], choice["stale"])

Run as a program, it prints each change:

    python3 route.py http://localhost:8091 chat
"""

import json
import random
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

WAIT = 6
"""Seconds for which a request waits for a change. Below `stale_after`, so that an answer comes before."""


class Route:
    """The newest choice of a route. A thread in the background asks for the next one; it never gives up."""

    def __init__(self, url, name, initial=None, stale_after=10, on_change=None, on_error=None):
        """`initial` is the choice until the first answer. `on_change` gets each change, `on_error` each error."""
        self._base = f"{url.rstrip('/')}/route/{urllib.parse.quote(name, safe='')}"
        self._report = {"route": name, "use": None, "address": None, "model": None, **(initial or {})}
        self._seen_at = float("-inf")
        self._stale_after = stale_after
        self._on_change = on_change or (lambda report: None)
        self._on_error = on_error or (lambda error: None)
        self._closed = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()

    def current(self):
        """Returns the last known choice. `stale` is true if nothing confirms it now."""
        silent = time.monotonic() - self._seen_at > self._stale_after
        return {**self._report, "stale": silent or self._report.get("stale", True)}

    def close(self):
        """Stops asking."""
        self._closed.set()

    def _follow(self):
        etag = None
        failures = 0
        while not self._closed.is_set():
            try:
                etag = self._ask(etag)
                failures = 0
            except (OSError, ValueError) as error:
                failures += 1
                self._on_error(error)
                self._closed.wait(min(10, 0.5 * 2 ** min(failures, 5)) * (0.5 + random.random() / 2))

    def _ask(self, etag):
        query = "" if etag is None else "?" + urllib.parse.urlencode({"wait": f"{WAIT}s", "etag": etag})
        try:
            with urllib.request.urlopen(self._base + query, timeout=WAIT + 5) as response:
                report = json.load(response)
                new = (response.headers.get("ETag") or "").strip('"')
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 304:
                    raise
            self._seen_at = time.monotonic()
            return etag
        self._seen_at = time.monotonic()
        if report != self._report:
            self._report = report
            self._on_change(report)
        return new or None


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: route.py URL ROUTE")
    Route(
        sys.argv[1],
        sys.argv[2],
        on_change=lambda report: print(report["use"], report["address"], report["model"], flush=True),
        on_error=lambda error: print(error, file=sys.stderr, flush=True),
    )
    threading.Event().wait()
