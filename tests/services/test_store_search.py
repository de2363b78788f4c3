"""What the store promises of searching: a person's own chats, found by word, beginning, stem and
phrase."""

import re

import pytest

from support.store import fill, new_id, refused
from support.wait import wait_until


def search(person, text, before=0, page=20):
    return person.ask("search_request", text=text, before=before, page=page)


def found(person, text):
    """The questions of the hits, newest first."""
    return [re.sub("[\x02\x03]", "", hit["snippet"]) for hit in search(person, text).hits]


@pytest.fixture
def settled(postgres):
    """settled() waits until everything that was kept can be found."""
    def wait():
        wait_until(
            lambda: postgres.query(
                "SELECT count(*) FROM conversations WHERE searched_seq < last_seq"
                " AND deleted_at IS NULL"
            )
            == [(0,)],
            "the search to be filled",
        )

    return wait


@pytest.fixture
def ann(store, person, settled):
    ann = person()
    for question in (
        "My brakes squeal loudly",
        "Which oil-filter for 5W-30?",
        "Die Bremsen meiner Häuser",
        "Squeal and brakes, in another order",
        "Freins bruyants à l'arrière",
    ):
        ann.say(question, "OK.")
    settled()
    return ann


@pytest.mark.parametrize(
    "text, questions",
    [
        ("brakes", ["Squeal and brakes, in another order", "My brakes squeal loudly"]),
        ("BRAKING ", ["Squeal and brakes, in another order", "My brakes squeal loudly"]),
        ("sque", ["Squeal and brakes, in another order", "My brakes squeal loudly"]),
        ("sque ", []),
        ("sque loudly", []),
        ("brakes lou", ["My brakes squeal loudly"]),
        ('"brakes squeal"', ["My brakes squeal loudly"]),
        ('"squeal brakes"', []),
        ('squeal -"brakes squeal"', ["Squeal and brakes, in another order"]),
        ("squeal -loudly", ["Squeal and brakes, in another order"]),
        ("-squeal", []),
        ("bremse ", ["Die Bremsen meiner Häuser"]),
        ("häuser", ["Die Bremsen meiner Häuser"]),
        ("Haus ", ["Die Bremsen meiner Häuser"]),
        ("bruyants arrière ", ["Freins bruyants à l'arrière"]),
        ("5w-30", ["Which oil-filter for 5W-30?"]),
        ("oil-filter", ["Which oil-filter for 5W-30?"]),
        ("gearbox", []),
        ("", []),
        ('"', []),
        ("- -- \"\" ''", []),
        ("a:* & !b | (@", []),
        ("\\ % _ ' $1", []),
    ],
)
def test_words_are_found(ann, text, questions):
    assert found(ann, text) == questions


def test_a_hit_tells_where_and_shows_what(store, person, settled):
    ann = person()
    first = ann.say(
        "How is the weather?",
        "I know of cars only. " * 20 + "Ask me about BRAKES, or a brake. " + "x" * 999,
    )
    second = ann.say("My brakes\nsqueal \x02")
    settled()
    older, newer = reversed(search(ann, "brake").hits)
    assert (newer["turn_id"], newer["conversation"], newer["seq"], newer["by_user"]) == (
        second.id, ann.chat, 2, 1)
    assert newer["title"] == "How is the weather?"
    assert newer["snippet"] == "My \x02brakes\x03 squeal "
    assert (older["turn_id"], older["seq"], older["by_user"]) == (first.id, 1, 0)
    assert "about \x02BRAKES\x03, or a \x02brake\x03. xxx" in older["snippet"]
    assert len(older["snippet"]) < 300


def test_a_chat_may_be_long_and_is_paged_newest_first(store, person, settled):
    ann = person()
    for number in range(25):
        ann.say(f"brake {number}")
    settled()
    pages, before = [], 0
    while True:
        page = search(ann, "brake", before, page=10)
        pages.append([hit["seq"] for hit in page.hits])
        before = page.more_before
        if not before:
            break
    assert pages == [list(range(25, 15, -1)), list(range(15, 5, -1)), list(range(5, 0, -1))]


def test_all_chats_of_a_person_and_only_theirs_are_searched(ann, person, settled):
    bob = person()
    bob.say("brakes of Bob")
    ann.ask("conversation_clear_request")
    ann.chat = ""
    ann.say("brakes of another chat")
    settled()
    assert found(bob, "brakes") == ["brakes of Bob"]
    assert found(ann, "brakes") == ["brakes of another chat", "Squeal and brakes, in another order",
                                    "My brakes squeal loudly"]


def test_what_was_deleted_is_not_found_and_gone(ann, settled, postgres):
    ann.ask("conversation_clear_request", delete=1)
    assert found(ann, "brakes") == []
    assert postgres.query("SELECT count(*) FROM search") == [(0,)]


def test_a_chat_that_is_just_being_deleted_is_not_found(ann, postgres):
    postgres.query("UPDATE conversations SET deleted_at = now()")
    assert found(ann, "brakes") == []


def branch(person, chat, after, text):
    turn = person.turn(text, conversation=chat, branch=1, after_seq=after)
    turn.commit("OK.")
    return turn.chat


def places(person, text):
    return [(hit["conversation"], hit["seq"]) for hit in search(person, text).hits]


def test_a_turn_of_several_branches_is_found_once(store, person, settled):
    ann = person()
    for text in ("one brake", "two brakes", "three"):
        ann.say(text, "OK.")
    main = ann.chat
    first = branch(ann, main, 2, "another brake")
    second = branch(ann, first, 3, "further brakes")
    settled()
    assert places(ann, "brake") == [(second, 4), (first, 3), (main, 2), (main, 1)]


def test_a_hit_opens_in_a_chat_that_shows_it(store, person, settled):
    """Of a deleted chat, what its branches begin with is found there; the rest is not found at
    all."""
    ann = person()
    for number in (1, 2, 3):
        ann.say(f"brake {number}", "OK.")
    main = ann.chat
    older = branch(ann, main, 1, "an older branch")
    newer = branch(ann, main, 2, "a newer branch")
    settled()
    ann.ask("conversation_delete_request", conversation=main)
    assert places(ann, "brake") == [(newer, 2), (newer, 1)]
    assert [hit["title"] for hit in search(ann, "brake").hits] == ["brake 1"] * 2
    for chat, seq in places(ann, "brake"):
        assert f"brake {seq}" in [line.text for line in ann.history(chat).messages]
    ann.ask("conversation_delete_request", conversation=newer)
    assert places(ann, "brake") == [(older, 1)]
    ann.ask("conversation_delete_request", conversation=older)
    assert places(ann, "brake") == []


def test_a_branch_in_which_nothing_was_said_shows_nothing(store, person, settled):
    ann = person()
    ann.say("brakes")
    settled()
    ann.turn("never answered", conversation=ann.chat, branch=1, after_seq=1)
    ann.ask("conversation_delete_request", conversation=ann.chat)
    assert places(ann, "brakes") == []


def test_what_a_deleted_chat_leaves_to_its_branches_is_made_searchable_too(
    start_store, person, settled, postgres
):
    """As in a database from before there was a search."""
    store = start_store()
    ann = person()
    ann.say("brake 1")
    ann.say("brake 2")
    main = ann.chat
    newer = branch(ann, main, 1, "a branch")
    settled()
    ann.ask("conversation_delete_request", conversation=main)
    store.stop()
    postgres.query("TRUNCATE search")
    postgres.query("UPDATE conversations SET searched_seq = coalesce(forked_at_seq, 0)")
    start_store("another")
    wait_until(lambda: places(ann, "brake") == [(newer, 1)], "the turn to be found")


def test_what_is_searched_lies_apart_for_each_block_of_turns(ann, postgres):
    """As if there had been thousands of turns between them."""
    postgres.query(
        "UPDATE search SET no = no + 5000, words = search_vector(search_prefix(user_id, (no + "
        "5000) / 1024),"
        " (SELECT string_agg(content, ' ') FROM messages m WHERE m.conversation_id = "
        "search.conversation_id"
        "     AND m.seq = search.seq)) WHERE no > 2"
    )
    assert found(ann, "brakes") == [
        "Squeal and brakes, in another order",
        "My brakes squeal loudly",
    ]
    ann.say("brakes again")
    wait_until(lambda: len(found(ann, "brakes")) == 3, "the new one to be found")
    assert postgres.query("SELECT max(no) FROM search") == [(5005,)]


def test_a_phrase_that_takes_long_is_looked_for_piece_by_piece(store, person, settled, postgres):
    ann, phrase = person(), "pads brakes " * 8 + "pads pads"  # all of it but the end is everywhere
    chat = ann.say(phrase, "OK.").chat
    fill(postgres, chat, 200)
    postgres.query(
        "UPDATE messages SET content = %s WHERE seq > 1 AND message_role = 'assistant'",
        "pads brakes " * 5000,
    )
    settled()
    hits, before, pages = [], 0, 0
    while before or not pages:
        said = search(ann, f'"{phrase}"', before)
        hits, before, pages = hits + said.hits, said.more_before, pages + 1
    assert [hit["seq"] for hit in hits] == [1]
    assert pages > 1
    assert search(ann, "pads ", page=5).more_before  # what needs no look at the texts comes whole


def test_one_plan_reads_every_block_from_the_index(ann, postgres):
    """However little there is.  A plan for one block would have its words in the place of $ and a
    number."""
    postgres.query("VACUUM ANALYZE search")  # now it is known how little
    plans = [
        plan
        for plan in postgres.plans("SELECT search_turns(min(user_id), 'brakes', 4, 21) FROM search")
        if "WITH found" in plan
    ]
    assert len(plans) == 1
    assert re.search(
        r"Bitmap Index Scan on search_words .*\n.*\(words @@ \(replace\(\$\d", plans[0]
    )
    assert "Seq Scan" not in plans[0]


def test_nobody_waits_behind_heaps(store, person, postgres):
    for _ in range(8):
        fill(postgres, person().say("A heap").chat, 600)
    ann = person()
    ann.say("Where is the jack?")
    wait_until(lambda: found(ann, "jack"), "the newest message")
    assert (
        postgres.query("SELECT count(*) FROM conversations WHERE searched_seq < last_seq")[0][0]
        >= 7
    )


def test_turns_from_before_there_was_a_search_are_found(start_store, person, settled, postgres):
    store = start_store()
    ann = person()
    for number in range(40):
        ann.say(f"brake {number}")
    settled()
    postgres.query("TRUNCATE search")
    postgres.query("UPDATE conversations SET searched_seq = 0")
    start_store("another")
    settled()
    assert [hit["seq"] for hit in search(ann, "brake", page=50).hits] == list(range(40, 0, -1))
    assert store.is_running()


def test_a_stranger_is_signed_out_and_nonsense_refused(store, person, gateway):
    refused("signed_out", gateway.ask, "search_request", session=new_id(), text="brakes", page=5)
    refused("bad_request", search, person(), "brakes", page=0)
    refused("bad_request", search, person(), "brakes", before=1 << 63)
