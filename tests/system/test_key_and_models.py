"""What OpenRouter says of a key and of its models, as the settings of the page show it."""

import pytest

from support.standin import KEY, Standin

FREE = "sk-or-v1-" + "f4ee0000" * 8
FAILING = "sk-or-v1-" + "fa110000" * 8
UNKNOWN = "sk-or-v1-" + "00000000" * 8


@pytest.fixture
def standin(harness, tmp_path):
    return Standin(
        harness, tmp_path / "standin", "--key", f"{FREE},free-tier", "--key", f"{FAILING},failing"
    ).start()


def test_what_is_left_of_a_key_is_told(client):
    told = client.post("/test_openrouter", {"api_key": f' "{KEY}"\n'}).json()
    assert told["ok"] is True and told["label"] == f"{KEY[:12]}...{KEY[-3:]}"
    assert (
        told["limit_remaining"] > 0
        and told["is_free_tier"] is False
        and told["free_requests_left"] > 0
    )
    assert client.post("/test_openrouter", {"api_key": FREE}).json()["is_free_tier"] is True


@pytest.mark.parametrize(
    "key, code, message",
    [
        (
            UNKNOWN,
            "upstream_key",
            "OpenRouter did not accept the key. Check it in the settings. (User not found.)",
        ),
        (
            FAILING,
            "upstream_error",
            "The model provider returned an error. Try again. (Internal Server Error)",
        ),
    ],
)
def test_a_key_that_does_not_work_is_explained(client, key, code, message):
    refused = client.post("/test_openrouter", {"api_key": key})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["message"]) == (502, code, message)
    assert key not in refused.text


def test_an_unusual_key_is_kept_and_warned_of(client, standin):
    saved = client.post("/save_settings", {"api_key": "sk-or-v2-short"}).json()
    assert saved["has_api_key"] and "does not look like" in saved["warning"]
    assert "warning" not in client.post("/save_settings", {"api_key": KEY}).json()


def test_models_outlive_the_upstream(client, system, standin):
    models = {model["id"]: model for model in client.get("/models").json()["models"]}
    assert models["openrouter/free"]["free"] and models["openrouter/free"]["context"] == 200000
    paid = [model for model in models.values() if not model["free"]]
    assert paid and all(model["completion_price"] > 0 for model in paid)
    standin.kill()
    assert {model["id"] for model in system.client().get("/models").json()["models"]} == set(models)
