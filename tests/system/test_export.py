"""A chat leaves and comes back through everything."""


def test_what_was_exported_comes_back_as_it_was(system):
    system.start()
    anna, bob = system.client(), system.client()
    said = [anna.say("Why do my brakes squeal?"), anna.say("And the pads?\n\"quoted\" \\ ü")]
    anna.post("/feedback", {"turn_id": said[1]["turn_id"], "value": -1})
    chat = said[0]["conversation_id"]
    first = anna.get(f"/conversations/{chat}/export?format=json").json()
    assert [turn["answer"]["content"] for turn in first["turns"]] == [
        one["response"] for one in said
    ]

    response = bob.post("/conversations/import", first)
    assert response.status_code == 200, response.text
    back = bob.get(f"/conversations/{response.json()['conversation_id']}/export?format=json").json()
    for turn in first["turns"]:
        turn["answer"]["usage"]["cost"] = 0
    assert back == first
    assert bob.get("/usage").json()["total"]["turns"] == 0
    assert anna.get("/usage").json()["total"]["turns"] == 2


def test_a_long_chat_leaves_whole_to_a_slow_reader(system):
    system.start()
    anna = system.client()
    turn = {
        "status": "committed",
        "question": {"content": "q", "at": "2026-01-31T10:15:30.123Z"},
        "answer": {
            "content": "",
            "at": "2026-01-31T10:15:33.456Z",
            "model": "a/model",
            "finish_reason": "stop",
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0},
            "feedback": 0,
        },
    }
    turns = [
        {**turn, "answer": {**turn["answer"], "content": f"{number} " * 4000}}
        for number in range(45)
    ]
    whole = {
        "format": "automotive-chat",
        "version": 1,
        "title": "Long",
        "created_at": "2026-01-31T10:15:30.123Z",
        "turns": turns,
    }
    chat = anna.post("/conversations/import", whole).json()["conversation_id"]
    with anna.get(f"/conversations/{chat}/export?format=json", stream=True) as response:
        pieces = list(response.iter_content(1000))
    assert len(pieces) > 300
    assert anna.get(f"/conversations/{chat}/export?format=json").json() == whole
