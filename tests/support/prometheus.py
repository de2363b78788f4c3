"""A real Prometheus that watches the processes of a test with the rules of deploy/prometheus."""

import requests
import yaml

from support.processes import ROOT, Process, free_port
from support.wait import wait_until


class Prometheus(Process):
    """With deploy's configuration, but for the targets, and a sample every second."""

    def __init__(self, harness, folder, processes):
        self.url = f"http://127.0.0.1:{free_port()}"
        super().__init__(
            harness,
            "prometheus",
            [
                "prometheus",
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--log.level=warn",
            ],
            folder,
        )
        config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [
            str(ROOT / "deploy/prometheus" / name) for name in config["rule_files"]
        ]
        for job in config["scrape_configs"]:
            del job["dns_sd_configs"]
            job["static_configs"] = [{"targets": [
                f"127.0.0.1:{one.env['ADMIN_PORT']}" for one in processes
                if one.name.rsplit("-", 1)[0] == job["job_name"]]}]
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config))

    def start(self):
        super().start()
        wait_until(self._is_up, "Prometheus", 15)
        return self

    def get(self, path, **parameters):
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=10).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, text):
        """The series that it gives now."""
        return self.get("query", query=text)["result"]

    def value(self, text):
        """Of a query that gives one number; None: it gives nothing."""
        found = self.query(text)
        return float(found[0]["value"][1]) if found else None

    def _is_up(self):
        try:
            return requests.get(self.url + "/-/ready", timeout=1).status_code == 200
        except requests.RequestException:
            return False
