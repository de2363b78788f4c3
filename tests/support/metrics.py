"""What a process says of itself at /metrics, read from Prometheus' text format."""

import re

SAMPLE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? ([0-9.e+-]+)$")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    def __init__(self, text):
        self.text, self.samples = text, []
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            found = SAMPLE.match(line)
            assert found, f"no line of Prometheus' format: {line}"
            name, labels, value = found.groups()
            self.samples.append((name, dict(LABEL.findall(labels or "")), float(value)))

    @property
    def names(self):
        return {name for name, _, _ in self.samples}

    def find(self, name, **labels):
        """The values of all series with these labels."""
        return [
            value
            for found, has, value in self.samples
            if found == name and labels.items() <= has.items()
        ]

    def sum(self, name, **labels):
        return sum(self.find(name, **labels))
