"""The upstream of the tests: tests/openrouter, started on a free port."""

import json

from support.processes import Process, program
from support.wait import wait_until

# Two keys the stand-in knows, with 73 characters like real ones.
KEY = "sk-or-v1-" + "5ca1ab1e" * 8
OTHER_KEY = "sk-or-v1-" + "0ddba115" * 8

# Its good answer, with characters of two, three and four bytes.
ANSWER = ("Check the oil with the engine cold – at 2 °C or 30 °C, it's no naïve guess. 🚗"
          " Park level, wait ten minutes, then read the dipstick.")


class Standin(Process):
    """What happens is chosen by the model's name: standin/ok, standin/500, standin/hang, ..."""

    def __init__(self, harness, folder, *options):
        super().__init__(harness, "standin", [
            program("tests/openrouter/openrouter-standin"), "--port", "0", "--port-file", "port",
            "--log", "journal", "--key", KEY, "--key", OTHER_KEY, *options], folder)
        self.port = None

    def start(self):
        """A second start takes the port of the first."""
        if self.port:
            self.command[2] = str(self.port)
        (self.folder / "port").unlink(missing_ok=True)
        super().start()
        wait_until((self.folder / "port").exists, f"the stand-in's port:\n{self.tail()}")
        self.port = int((self.folder / "port").read_text())
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/api/v1"

    def journal(self, event=None, **fields):
        """What it received ("request") and how answers ended ("end"), oldest first."""
        path = self.folder / "journal"
        lines = (
            [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        )
        return [
            line
            for line in lines
            if event in (None, line["event"])
            and all(line.get(key) == value for key, value in fields.items())
        ]

    def wait_journal(self, event, count=1, timeout=10.0, **fields):
        """The count-th entry of that kind."""
        def found():
            lines = self.journal(event, **fields)
            return lines[count - 1] if len(lines) >= count else None
        return wait_until(found, f"{count} x {event} {fields or ''} at the stand-in", timeout)

    @property
    def completions(self):
        """Bodies of the chat requests it received."""
        return [line["body"] for line in self.journal("request", method="POST")]
