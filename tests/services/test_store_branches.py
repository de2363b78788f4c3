"""What the store promises of branches: another way to go on from an earlier turn, and both stay."""

import pytest

from support.store import DUP, FOLLOW, GRANTED, OK, REPLAY, SPOOLED, new_id, refused
from support.wait import wait_until


def fork(somebody, chat, after, text="another way", answer=None):
    """A kept turn in a branch of that chat; returns the branch."""
    turn = begin_fork(somebody, chat, after, text)
    assert turn.commit(answer or f"answer to {text}").outcome == OK
    return turn.chat


def begin_fork(somebody, chat, after, text="another way"):
    return somebody.turn(text, conversation=chat, branch=1, after_seq=after)


def told(somebody, chat, **fields):
    return [line.text for line in somebody.history(chat, **{"page": 100, **fields}).messages]


def asked(somebody, chat, **fields):
    return [
        line.text
        for line in somebody.history(chat, **{"page": 100, **fields}).messages
        if line.by_user
    ]


def talk(said):
    return [line.text for line in said.context if line.by_user]


def others(somebody, chat, **fields):
    page = somebody.history(chat, **{"page": 100, **fields})
    return [(one.seq, one.conversation, one.shown) for one in page.branches]


def speaker(person, turns):
    """Somebody with a chat of so many turns: q1, q2, and so on."""
    ann = person()
    for number in range(1, turns + 1):
        ann.say(f"q{number}", f"a{number}")
    return ann


def listed(somebody):
    return somebody.ask("conversation_list_request", page=50).conversations


def kept(postgres):
    return [
        row[0]
        for row in postgres.query(
            "SELECT content FROM messages WHERE message_role = 'user' ORDER BY 1"
        )
    ]


def delete(somebody, chat):
    somebody.ask("conversation_delete_request", conversation=chat)


# ---- what a branch is -----------------------------------------------------------------------


def test_a_branch_goes_on_from_an_earlier_turn_and_both_stay(store, person, postgres):
    ann = speaker(person, 4)
    turn = begin_fork(ann, ann.chat, 2, "q3 in other words")
    assert turn.chat != ann.chat and turn.seq == 3
    assert talk(turn.granted) == ["q1", "q2"] and turn.granted.on_topic == 1
    assert turn.commit("b3").outcome == OK
    assert told(ann, turn.chat) == ["q1", "a1", "q2", "a2", "q3 in other words", "b3"]
    assert told(ann, ann.chat) == ["q1", "a1", "q2", "a2", "q3", "a3", "q4", "a4"]
    next_turn = ann.turn("q4 there", conversation=turn.chat)
    assert next_turn.seq == 4 and talk(next_turn.granted) == ["q1", "q2", "q3 in other words"]
    assert next_turn.commit("b4").outcome == OK
    assert asked(ann, turn.chat) == ["q1", "q2", "q3 in other words", "q4 there"]
    assert talk(ann.begin("q5", conversation=ann.chat)) == ["q1", "q2", "q3", "q4"]
    assert postgres.query("SELECT count(*) FROM turns") == [(6,)]  # nothing is there twice


def test_a_branch_may_share_nothing(store, person):
    ann = speaker(person, 2)
    turn = begin_fork(ann, ann.chat, 0, "q1 anew")
    assert (turn.seq, turn.granted.context, turn.granted.on_topic) == (1, [], 0)
    turn.commit("b1")
    assert told(ann, turn.chat) == ["q1 anew", "b1"]
    assert [chat.title for chat in listed(ann) if chat.conversation == turn.chat] == ["q1 anew"]


def test_the_window_reaches_through_the_parts(store, person):
    ann = speaker(person, 4)
    branch = fork(ann, ann.chat, 3, "r4")
    assert talk(ann.begin("r5", conversation=branch, window=4)) == ["q3", "r4"]


def test_pages_reach_through_the_parts(store, person):
    ann = speaker(person, 4)
    branch = fork(ann, ann.chat, 3, "r4")
    pages, before = [], 0
    while True:
        page = ann.history(branch, page=4, before=before)
        pages.append([line.text for line in page.messages if line.by_user])
        before = page.more_before
        if not before:
            break
    assert pages == [["q3", "r4"], ["q1", "q2"]]
    assert (page.title, page.forked_from, page.forked_at_seq) == ("q1", ann.chat, 3)


def test_a_branch_is_the_current_chat_once_it_was_spoken_in(store, person):
    ann = speaker(person, 2)
    turn = begin_fork(ann, ann.chat, 1)
    said = ann.open()
    assert (said.conversation, said.running_turn) == (turn.chat, turn.id)
    assert [line.text for line in said.messages] == ["q1", "a1"]
    turn.abort()
    assert ann.open().conversation == ann.chat
    branch = fork(ann, ann.chat, 1)
    assert ann.open().conversation == branch


def test_a_branch_of_a_branch_hangs_on_the_chat_that_has_the_turn(store, person, postgres):
    ann = speaker(person, 3)
    first = fork(ann, ann.chat, 2, "r3")
    second = fork(ann, first, 2, "s3")  # the same place once more
    third = fork(ann, first, 1, "t2")
    fourth = fork(ann, first, 3, "u4")
    parents = dict(postgres.query("SELECT id::text, forked_from::text FROM conversations"))
    assert [parents[chat] for chat in (first, second, third, fourth)] == [
        ann.chat,
        ann.chat,
        ann.chat,
        first,
    ]
    assert asked(ann, second) == ["q1", "q2", "s3"]
    assert asked(ann, third) == ["q1", "t2"]
    assert asked(ann, fourth) == ["q1", "q2", "r3", "u4"]


def test_branches_of_branches_end_somewhere(store, person):
    ann = speaker(person, 1)
    chat, texts = ann.chat, ["q1"]
    for number in range(2, 33):
        texts.append(f"r{number}")
        chat = fork(ann, chat, number - 1, texts[-1])
    assert asked(ann, chat) == texts
    assert len(talk(ann.begin("next", conversation=chat, window=64))) == 32
    refused("too_deep", begin_fork, ann, chat, 32)
    assert asked(ann, fork(ann, chat, 31, "beside")) == [*texts[:31], "beside"]


def test_a_page_tells_which_turns_have_others_beside_them(store, person):
    ann = speaker(person, 4)
    main = ann.chat
    assert others(ann, main) == []
    first = fork(ann, main, 2, "r3")
    second = fork(ann, main, 2, "s3")
    deeper = fork(ann, first, 3, "u4")
    ann.turn("v4", conversation=first).commit()
    assert others(ann, main) == [(3, main, 1), (3, first, 0), (3, second, 0)]
    assert others(ann, second) == [(3, main, 0), (3, first, 0), (3, second, 1)]
    assert others(ann, first) == [
        (3, main, 0),
        (3, first, 1),
        (3, second, 0),
        (4, first, 1),
        (4, deeper, 0),
    ]
    assert others(ann, deeper) == [
        (3, main, 0),
        (3, deeper, 1),
        (3, second, 0),
        (4, first, 0),
        (4, deeper, 1),
    ]
    assert others(ann, main, page=2) == []  # the fourth turn alone
    assert others(ann, main, page=2, before=4) == [(3, main, 1), (3, first, 0), (3, second, 0)]
    opened = ann.open()
    assert opened.conversation == first
    assert [(one.seq, one.conversation, one.shown) for one in opened.branches] == others(ann, first)
    delete(ann, first)
    assert others(ann, main) == [(3, main, 1), (3, second, 0)]
    assert others(ann, deeper) == [(3, main, 0), (3, deeper, 1), (3, second, 0)]
    delete(ann, second)
    delete(ann, deeper)
    assert others(ann, main) == []


# ---- once, and in order ---------------------------------------------------------------------


def test_the_same_branch_twice_is_one(store, person, postgres):
    ann = speaker(person, 3)
    wish = {"conversation": ann.chat, "branch": 1, "after_seq": 1}
    turn = ann.turn("another way", **wish)
    again = ann.begin("another way", turn.id, **wish)
    assert (again.outcome, again.conversation) == (FOLLOW, turn.chat)
    assert turn.commit("b").outcome == OK
    again = ann.begin("another way", turn.id, **wish)
    assert (again.outcome, again.conversation, again.text) == (REPLAY, turn.chat, "b")
    assert turn.commit("b").outcome == DUP
    refused("turn_id_reused", ann.begin, "something else", turn.id, **wish)
    assert postgres.query("SELECT count(*) FROM conversations") == [(2,)]


def test_a_branch_whose_first_turn_failed_is_begun_again(store, person):
    ann = speaker(person, 2)
    wish = {"conversation": ann.chat, "branch": 1, "after_seq": 1}
    turn = ann.turn("another way", **wish)
    turn.abort()
    assert len(listed(ann)) == 1 and others(ann, ann.chat) == []
    again = ann.begin("another way", turn.id, **wish)
    assert (again.outcome, again.conversation, again.seq) == (GRANTED, turn.chat, 2)
    refused("busy", ann.begin, "meanwhile", conversation=turn.chat)
    turn.epoch = again.epoch
    assert turn.commit().outcome == OK


def test_an_older_owner_of_a_branch_is_fenced(store, person, redis):
    ann = speaker(person, 2)
    old = begin_fork(ann, ann.chat, 1)
    with redis.client() as client:
        client.flushall()
    wish = {"conversation": ann.chat, "branch": 1, "after_seq": 1}
    new = ann.begin(old.text, old.id, **wish)
    assert new.outcome == GRANTED and new.conversation == old.chat
    assert old.commit("of the old one").outcome == OK
    refused("conflict", old.commit, "of the new one", epoch=new.epoch)
    assert told(ann, old.chat)[-1] == "of the old one"


def test_a_turn_of_a_branch_is_spooled_and_drained(start_store, person, postgres):
    start_store()
    ann = speaker(person, 3)
    turn = begin_fork(ann, ann.chat, 1)
    postgres.stop()
    assert turn.commit("b2", ttl_ms=15000).outcome == SPOOLED
    postgres.start()
    wait_until(
        lambda: postgres.query("SELECT count(*) FROM turns") == [(4,)], "the turn to be kept", 20
    )
    assert told(ann, turn.chat) == ["q1", "a1", "another way", "b2"]


def test_an_interrupted_turn_of_a_branch_is_shown_there_only(store, person):
    ann = speaker(person, 2)
    turn = begin_fork(ann, ann.chat, 1)
    turn.abort(interrupted=1, seq=turn.seq, user_text=turn.text, answer="half")
    assert told(ann, turn.chat) == ["q1", "a1", "another way", "half"]
    assert told(ann, ann.chat) == ["q1", "a1", "q2", "a2"]
    assert turn.chat in [chat.conversation for chat in listed(ann)]
    again = ann.begin(turn.text, turn.id, conversation=ann.chat, branch=1, after_seq=1)
    assert (again.outcome, again.conversation, again.seq) == (GRANTED, turn.chat, 2)
    turn.epoch = again.epoch
    assert turn.commit("whole").outcome == OK
    assert told(ann, turn.chat) == ["q1", "a1", "another way", "whole"]


def test_what_was_interrupted_behind_the_fork_stays_with_its_chat(store, person):
    ann = speaker(person, 2)
    lost = ann.turn("lost")
    lost.abort(interrupted=1, seq=lost.seq, user_text=lost.text, answer="half")
    ann.say("q3", "a3")
    assert asked(ann, fork(ann, ann.chat, 2, "r3")) == ["q1", "q2", "r3"]
    assert asked(ann, fork(ann, ann.chat, 3, "r4")) == ["q1", "q2", "lost", "q3", "r4"]


# ---- what is no branch ----------------------------------------------------------------------


def test_a_branch_of_what_is_not_there_is_refused(store, person, postgres):
    ann, bob = speaker(person, 2), speaker(person, 1)
    refused("not_found", begin_fork, ann, ann.chat, 3)
    refused("not_found", begin_fork, ann, new_id(), 1)
    refused("not_found", begin_fork, bob, ann.chat, 1)
    refused("not_found", begin_fork, bob, ann.chat, 0)
    refused("bad_request", begin_fork, ann, "", 1)
    refused("bad_request", ann.begin, conversation=ann.chat, branch=1, after_seq=2**63)
    assert postgres.query("SELECT count(*) FROM conversations") == [(2,)]


def test_a_turn_that_is_not_kept_yet_has_no_branches(store, person):
    ann = speaker(person, 1)
    turn = ann.turn("q2")
    refused("busy", begin_fork, ann, ann.chat, 2)
    branch = begin_fork(ann, ann.chat, 1)  # what is kept has
    assert branch.commit().outcome == OK and turn.commit().outcome == OK
    assert asked(ann, ann.chat) == ["q1", "q2"]


# ---- deleting -------------------------------------------------------------------------------


def test_deleting_a_chat_leaves_its_branches_what_they_show(store, person, postgres):
    ann = speaker(person, 4)
    first = fork(ann, ann.chat, 1, "r2")
    second = fork(ann, ann.chat, 2, "s3")
    delete(ann, ann.chat)
    refused("not_found", ann.history, ann.chat)
    assert asked(ann, first) == ["q1", "r2"] and asked(ann, second) == ["q1", "q2", "s3"]
    assert [(chat.conversation, chat.forked_from) for chat in listed(ann)] == [
        (second, ""),
        (first, ""),
    ]
    assert kept(postgres) == ["q1", "q2", "r2", "s3"]
    assert talk(ann.begin("next", conversation=second)) == ["q1", "q2", "s3"]
    delete(ann, second)
    wait_until(
        lambda: kept(postgres) == ["q1", "r2"], "what only the other one showed to be wiped", 10
    )
    assert asked(ann, first) == ["q1", "r2"]
    delete(ann, first)
    wait_until(lambda: kept(postgres) == [], "the rest to be wiped", 10)


def test_a_branch_of_a_branch_outlives_both(store, person, postgres):
    ann = speaker(person, 2)
    first = fork(ann, ann.chat, 1, "r2")
    ann.turn("r3", conversation=first).commit()
    second = fork(ann, first, 2, "s3")
    delete(ann, first)
    delete(ann, ann.chat)
    assert asked(ann, second) == ["q1", "r2", "s3"]
    third = fork(ann, second, 1, "t2")  # of a chat that nobody sees any more
    assert asked(ann, third) == ["q1", "t2"]
    delete(ann, second)
    wait_until(
        lambda: postgres.query("SELECT count(*) FROM turns") == [(2,)],
        "what nobody shows to be wiped",
        10,
    )
    assert asked(ann, third) == ["q1", "t2"]


def test_a_branch_that_is_begun_while_its_chat_is_deleted_keeps_its_turns(store, person, postgres):
    ann = speaker(person, 3)
    turn = begin_fork(ann, ann.chat, 2, "r3")
    delete(ann, ann.chat)
    assert turn.commit("b3").outcome == OK
    assert told(ann, turn.chat) == ["q1", "a1", "q2", "a2", "r3", "b3"]
    assert kept(postgres) == ["q1", "q2", "r3"]


def test_a_deleted_branch_is_gone_and_its_chat_is_not(store, person, postgres):
    ann = speaker(person, 2)
    branch = fork(ann, ann.chat, 1, "a private way")
    delete(ann, branch)
    refused("not_found", ann.history, branch)
    assert "private" not in postgres.dump()
    assert asked(ann, ann.chat) == ["q1", "q2"]


@pytest.mark.parametrize("what", ["nothing was said", "something was interrupted"])
def test_a_branch_in_which_nothing_was_said_is_forgotten(start_store, person, postgres, what):
    first = start_store("first")
    ann = speaker(person, 2)
    turn = begin_fork(ann, ann.chat, 1)
    if what == "nothing was said":
        turn.abort()
    else:
        turn.abort(interrupted=1, seq=turn.seq, user_text=turn.text, answer="half")
    first.stop()
    postgres.query("UPDATE conversations SET created_at = now() - interval '32 days'")
    start_store("second").wait_for_event("pg.up")
    if what == "nothing was said":
        wait_until(
            lambda: postgres.query("SELECT count(*) FROM conversations") == [(1,)],
            "it to be gone",
            10,
        )
    else:
        assert told(ann, turn.chat)[-1] == "half"


def test_clearing_a_session_takes_its_branches_along(store, person, postgres):
    ann = speaker(person, 2)
    fork(ann, ann.chat, 1)
    fork(ann, ann.chat, 0)
    ann.ask("session_clear_request")
    assert postgres.query(
        "SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM turns)"
    ) == [(0, 0)]
