"""Several chats and their branches, through the real parts."""

import uuid


def contexts(system, question):
    """What the model was told each time that this was asked, questions and answers."""
    return [[message["content"] for message in body["messages"] if message["role"] != "system"][:-1]
            for body in system.standin.completions if body["messages"][-1]["content"] == question]


def lines(client, chat):
    page = client.get(f"/conversations/{chat}").json()
    assert page["more"] is None
    return [line["content"] for line in page["chat_history"]], page


def test_an_earlier_message_is_edited_and_both_ways_stay(system):
    system.start()
    ann = system.client()
    first = ann.say("My brakes squeal")
    chat = first["conversation_id"]
    second = ann.say("Which brake pads are good?")
    third = ann.say("How do I change the brake pads?")
    edited = ann.say("Which brake discs are good?", conversation_id=chat, after_seq=1)
    branch = edited["conversation_id"]
    assert branch != chat
    after = ann.say("How do I change the brake discs?", conversation_id=branch)

    shared = ["My brakes squeal", first["response"]]
    assert contexts(system, "Which brake discs are good?") == [shared]
    assert contexts(system, "How do I change the brake discs?") == [
        [*shared, "Which brake discs are good?", edited["response"]]]
    said, page = lines(ann, branch)
    assert said == [*shared, "Which brake discs are good?", edited["response"],
                    "How do I change the brake discs?", after["response"]]
    assert (page["forked_from"], page["forked_at_seq"]) == (chat, 1)
    assert page["branches"] == [{"seq": 2, "conversation_id": chat, "shown": False},
                                {"seq": 2, "conversation_id": branch, "shown": True}]
    said, page = lines(ann, chat)
    assert said == [*shared, "Which brake pads are good?", second["response"],
                    "How do I change the brake pads?", third["response"]]
    assert [line["seq"] for line in page["chat_history"]] == [1, 1, 2, 2, 3, 3]
    assert [
        one["conversation_id"] for one in ann.get("/conversations").json()["conversations"]
    ] == [branch, chat]
    assert ann.open()["conversation_id"] == branch


def test_an_answer_is_asked_for_once_more(system):
    system.start(stores=2, gateways=2)
    ann = system.client()
    chat = ann.say("My brakes squeal")["conversation_id"]
    ann.say("Which brake pads are good?")
    wish = {"conversation_id": chat, "after_seq": 1, "turn_id": str(uuid.uuid4())}
    again = ann.say("Which brake pads are good?", **wish)
    ann.url = system.url(1)
    twice = ann.say("Which brake pads are good?", **wish)
    assert again["conversation_id"] == twice["conversation_id"] != chat
    assert [len(context) for context in contexts(system, "Which brake pads are good?")] == [2, 2]
    assert ann.chat("Hello brakes", conversation_id=chat, after_seq=9).status_code == 404
    bob = system.client()
    assert bob.chat("My brakes squeal", conversation_id=chat, after_seq=1).status_code == 404
    assert bob.get(f"/conversations/{again['conversation_id']}").status_code == 404


def test_a_branch_outlives_the_chat_it_was_forked_from(system):
    system.start()
    ann = system.client()
    chat = ann.say("My brakes squeal")["conversation_id"]
    ann.say("Which brake pads are good?")
    branch = ann.say("Which brake discs are good?", conversation_id=chat, after_seq=1)[
        "conversation_id"
    ]
    headers = {"X-CSRF-Token": ann.csrf}
    assert ann.http.delete(f"{ann.url}/conversations/{chat}", headers=headers).status_code == 200
    assert ann.get(f"/conversations/{chat}").status_code == 404
    said, page = lines(ann, branch)
    assert said[::2] == ["My brakes squeal", "Which brake discs are good?"]
    assert page["forked_from"] is None and page["branches"] == []
    ann.say("How do I change the brake discs?", conversation_id=branch)
    assert contexts(system, "How do I change the brake discs?")[0][::2] == said[::2]


def test_a_new_chat_begins_beside_the_current_one(system):
    system.start()
    ann = system.client()
    chat = ann.say("My brakes squeal")["conversation_id"]
    fresh = ann.say("How often is the oil changed in a car?", conversation_id=None)[
        "conversation_id"
    ]
    assert fresh != chat
    assert contexts(system, "How often is the oil changed in a car?") == [[]]
    assert ann.post(f"/conversations/{chat}").status_code == 200
    assert ann.open()["conversation_id"] == chat
