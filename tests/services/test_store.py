"""What the store promises of a turn: begun, answered, kept exactly once, and given back."""

import json
import re
import threading

from support.bus import BusError
from support.store import ANSWER, DUP, FOLLOW, GRANTED, OK, QUESTION, REPLAY, new_id, refused
from support.wait import wait_until


def talk(said):
    return [(line.by_user, line.text) for line in said.context]


# ---- the happy path -----------------------------------------------------------------------------


def test_a_turn_is_kept_and_comes_back_as_context(store, person):
    ann = person()
    first = ann.turn()
    assert (first.seq, first.granted.context, first.granted.on_topic) == (1, [], 0)
    assert first.commit().outcome == OK
    second = ann.turn("And the filter?", conversation=first.chat)
    assert second.seq == 2 and second.epoch > first.epoch
    assert second.granted.on_topic == 1
    assert talk(second.granted) == [(1, QUESTION), (0, ANSWER)]


def test_a_chat_that_was_never_on_topic_is_not(store, person):
    ann = person()
    turn = ann.turn("hello")
    turn.commit(verdict=1)
    assert ann.turn("again", conversation=turn.chat).granted.on_topic == 0


def test_without_a_chat_the_current_one_goes_on(store, person):
    ann = person()
    first = ann.say()
    assert ann.turn(conversation="").chat == first.chat


def test_the_window_holds_whole_exchanges_oldest_first(store, person):
    ann = person()
    for number in range(4):
        ann.say(f"question {number}", f"answer {number}")
    said = ann.begin("next", window=5)
    assert talk(said) == [(1, "question 2"), (0, "answer 2"), (1, "question 3"), (0, "answer 3")]


def test_the_window_is_cut_at_256_kib(store, person):
    ann = person()
    for number in range(5):
        ann.say(f"question {number}", "x" * 65536)
    assert [line.text[:10] for line in ann.begin("next").context if line.by_user] == [
        "question 2", "question 3", "question 4"]


def test_no_window_no_context(store, person):
    ann = person()
    ann.say()
    assert ann.begin("next", window=0).context == []


TEXTS = [
    "Grüße aus Köln", "日本語の質問", "🚗💨 naïve café", "a\u0301 combined", "\U0010ffff\ufffe\u0080",
    "tab\tand\nnew\r\nline", "quote ' \" \\ $$ -- ; %s", "\x01\x1f\x7f", "‮rtl‬", "x" * 8192,
    "ü" * 4096]


def test_every_text_survives(store, person):
    for text in TEXTS:
        ann = person()
        ann.say(text, text)
        assert [line.text for line in ann.history().messages] == [text, text]
        assert [line.text for line in ann.begin("next").context] == [text, text]


def test_a_nul_is_refused_in_a_question_and_left_out_of_an_answer(store, person):
    ann = person()
    refused("bad_request", ann.begin, "what\0now?")
    ann.say("what now?", "this\0\0 is kept\0")
    assert ann.history().messages[1].text == "this is kept"


def test_what_is_told_of_an_answer_is_kept(store, person, postgres):
    turn = person().turn()
    turn.commit(generation_id="gen-1", asked_at=1_700_000_000_000)
    assert postgres.query(
        "SELECT model, finish_reason, generation_id, prompt_tokens, completion_tokens, cost, "
        "verdict,"
        " status, extract(epoch FROM asked_at)::bigint FROM turns") == [
            ("a/model", "stop", "gen-1", 11, 22, 0.000123, 2, "committed", 1_700_000_000)]


# ---- the same turn again --------------------------------------------------------------------


def test_a_turn_that_runs_is_followed(store, person):
    turn = person().turn()
    again = turn.again()
    assert (again.outcome, again.conversation) == (FOLLOW, turn.chat)
    assert turn.again(conversation="").outcome == FOLLOW


def test_a_gateway_that_heard_no_answer_gets_the_same_grant_again(store, person):
    ann = person()
    turn = ann.turn(request_nonce=7)
    again = turn.again(request_nonce=7)
    assert (again.outcome, again.epoch, again.seq) == (GRANTED, turn.epoch, turn.seq)
    assert turn.again(request_nonce=8).outcome == turn.again().outcome == FOLLOW
    refused("turn_id_reused", turn.again, "Another question", request_nonce=7)
    assert turn.commit().outcome == OK


def test_a_turn_that_is_kept_is_replayed(store, person):
    turn = person().turn()
    turn.commit()
    again = turn.again(conversation="")
    assert (again.outcome, again.text, again.status, again.conversation, again.seq) == (
        REPLAY, ANSWER, "committed", turn.chat, 1)
    assert (again.model, again.finish_reason) == ("a/model", "stop")
    assert (again.prompt_tokens, again.completion_tokens, again.cost) == (11, 22, 0.000123)


def test_a_stopped_turn_is_replayed_as_stopped_and_is_context(store, person):
    turn = person().turn()
    turn.commit("Every 15,", status="stopped")
    assert (turn.again().outcome, turn.again().status) == (REPLAY, "stopped")
    said = turn.person.begin("go on", conversation=turn.chat)
    assert talk(said) == [(1, QUESTION), (0, "Every 15,")]


def test_the_same_id_with_another_text_is_refused(store, person):
    turn = person().turn()
    refused("turn_id_reused", turn.again, "something else")
    turn.commit()
    refused("turn_id_reused", turn.again, "something else")


def test_an_aborted_turn_starts_anew(store, person):
    turn = person().turn()
    turn.abort()
    again = turn.again()
    assert (again.outcome, again.seq) == (GRANTED, turn.seq)
    assert turn.person.open().messages == []


def test_a_repeated_first_message_makes_one_chat(store, person, postgres):
    turn = person().turn()
    turn.abort()
    again = turn.again(conversation="")
    assert again.conversation == turn.chat
    turn.epoch = again.epoch
    turn.commit()
    assert postgres.query("SELECT count(*) FROM conversations") == [(1,)]


def test_a_chat_whose_first_turn_failed_is_still_there(store, person):
    ann = person()
    turn = ann.turn()
    turn.abort()
    assert ann.turn("another question", conversation=turn.chat).commit().outcome == OK


def test_a_lease_that_is_not_renewed_runs_out(start_store, person):
    start_store(LEASE_MS=1000)
    turn = person().turn()
    assert turn.renew().lost == 0
    again = wait_until(lambda: (said := turn.again()).outcome == GRANTED and said, "a new grant", 5)
    assert again.epoch > turn.epoch
    assert turn.renew().lost == 1
    assert turn.renew(epoch=again.epoch).lost == 0


def test_a_turn_that_redis_lost_is_followed_once_it_was_renewed(store, person, redis):
    turn = person().turn()
    with redis.client() as client:
        client.delete(*client.keys("*:turns"))
    assert turn.renew().lost == 0
    assert turn.again().outcome == FOLLOW  # and not: another text


def wait_lease_over(turn, text="somebody else"):
    """Another turn of the chat, begun as soon as that is possible."""
    ann = turn.person
    ann.chat = turn.chat
    wait_until(lambda: not turn_runs(turn), "the end of the lease", 5)
    return ann.turn(text)


def turn_runs(turn):
    return turn.person.open(page=0).running_turn == turn.id


def test_a_turn_whose_chat_went_on_is_lost(start_store, person):
    start_store(LEASE_MS=1000)
    turn = person().turn()
    other = wait_lease_over(turn)
    assert turn.renew().lost == 1
    assert turn.append(0, "too late").lost == 1
    assert other.renew().lost == 0
    other.commit()
    refused("conflict", turn.commit)


def test_an_older_owner_does_not_end_a_newer_ones_turn(start_store, person):
    start_store(LEASE_MS=1000)
    turn = person().turn()
    wait_until(lambda: not turn_runs(turn), "the end of the lease", 5)
    again = turn.again()
    assert again.outcome == GRANTED
    turn.abort()
    assert turn_runs(turn)
    assert turn.renew(epoch=again.epoch).lost == 0


def test_a_reading_of_postgres_that_is_too_old_grants_nothing(store, person, redis):
    """As when another store commits between our look at Postgres and the grant."""
    ann = person()
    ann.say()
    with redis.client() as client:
        (key,) = client.keys("*:turns")
        head = json.loads(client.hget(key, f"head:{ann.chat}"))
        assert head["seq"] == 1
        client.hset(key, f"head:{ann.chat}", json.dumps({**head, "seq": 2}))
        refused("busy", ann.begin, "next")
        client.hset(key, f"head:{ann.chat}", json.dumps({**head, "seq": 1, "epoch": 41}))
        assert ann.turn("next").epoch == 42


# ---- refused --------------------------------------------------------------------------------


def test_one_turn_at_a_time_in_a_chat(store, person):
    ann = person()
    ann.say()
    turn = ann.turn()
    refused("busy", ann.begin, "me too")
    turn.commit()
    assert ann.begin("now me").outcome == GRANTED


def test_two_turns_at_a_time_of_a_session(store, person):
    ann = person()
    first, second = ann.turn(), ann.turn("another chat")
    assert first.chat != second.chat
    refused("busy", ann.begin, "a third chat")
    first.abort()
    assert ann.begin("a third chat").outcome == GRANTED


def test_a_session_may_say_so_much_a_minute(start_store, person, postgres):
    start_store(MESSAGES_PER_MINUTE=3)
    ann, bob = person(), person()
    assert ann.open().remaining == 3
    assert [ann.say(str(number)).granted.remaining for number in range(3)] == [2, 1, 0]
    error = refused("limited", ann.begin, "one more")
    assert 0 < error.retry_after_ms <= 20000
    refused("limited", ann.begin, "one more")
    assert ann.open().remaining == 0
    assert bob.begin().outcome == GRANTED
    wait_until(
        lambda: postgres.query("SELECT count(*) FROM audit_log WHERE action = 'begin.refused'")
        == [(1,)],
        "one line in the audit log",
    )


def test_a_refused_or_repeated_message_is_not_counted(start_store, person):
    start_store(MESSAGES_PER_MINUTE=3)
    ann = person()
    turn = ann.turn()
    for _ in range(5):
        assert turn.again().outcome == FOLLOW
        refused("busy", ann.begin, "me too", conversation=turn.chat)
    assert turn.again().remaining == 2


def test_a_question_that_makes_no_sense_is_refused(store, gateway):
    for changes in ({"session": "not-an-id"}, {"session": ""}, {"turn_id": "42"}, {"turn_id": ""},
                    {"text": ""}, {"conversation": "x" * 36}):
        fields = {"session": new_id(), "turn_id": new_id(), "text": QUESTION, **changes}
        assert not refused("bad_request", gateway.ask, "turn_begin_request", **fields).retryable


def test_an_unknown_chat_is_not_found(store, person):
    refused("not_found", person().begin, conversation=new_id())


def test_an_unknown_session_is_signed_out(store, gateway):
    refused("signed_out", gateway.ask, "turn_begin_request", session=new_id(), turn_id=new_id(),
            text=QUESTION)


def test_a_commit_that_makes_no_sense_is_refused(store, person):
    turn = person().turn()
    for changes in ({"status": "maybe"}, {"seq": 0}, {"seq": 2**63}, {"epoch": 2**64 - 1},
                    {"turn_id": ""}, {"asked_at": 2**63}, {"prompt_tokens": 2**63}):
        refused("bad_request", turn.commit, **changes)
    assert turn.commit().outcome == OK


# ---- exactly once ---------------------------------------------------------------------------


def test_a_commit_sent_twice_keeps_one(store, person, postgres):
    turn = person().turn()
    assert [turn.commit().outcome for _ in range(3)] == [OK, DUP, DUP]
    assert postgres.query("SELECT count(*) FROM turns") == [(1,)]
    assert postgres.query("SELECT count(*) FROM messages") == [(2,)]


def test_a_commit_sent_twice_at_once_keeps_one(store, person, postgres):
    turn = person().turn()
    asked = [turn.send_commit() for _ in range(16)]
    assert sorted(one.wait().outcome for one in asked) == [OK] + 15 * [DUP]
    assert postgres.query("SELECT count(*) FROM turns") == [(1,)]


def test_a_turn_that_was_kept_with_another_answer_is_a_conflict(store, person):
    """Two owners of the same turn: the second is not told that its own answer was kept."""
    ann = person()
    turn = ann.say()
    refused("conflict", turn.commit, "Another owner's answer.", epoch=turn.epoch + 1)
    assert [line.text for line in ann.history().messages] == [QUESTION, ANSWER]


def test_of_two_owners_one_wins(store, person, redis):
    ann = person()
    ann.say()
    slow = ann.turn("slow")
    with redis.client() as client:  # as if the lease had gone to somebody else
        client.delete(*client.keys("*:turns"))
    fast = ann.turn("fast")
    assert fast.commit().outcome == OK
    refused("conflict", slow.commit)
    assert [line.text for line in ann.history().messages if line.by_user] == [QUESTION, "fast"]


def test_an_older_owner_is_fenced(store, person, postgres):
    ann = person()
    ann.say()
    turn = ann.turn()
    postgres.query("UPDATE conversations SET epoch = %s", turn.epoch + 5)
    refused("conflict", turn.commit)
    assert store.metrics().sum("chat_commits_total", outcome="fenced") == 1
    assert turn.commit(epoch=turn.epoch + 5).outcome == OK


def test_there_are_no_gaps(store, person):
    turn = person().turn()
    refused("conflict", turn.commit, seq=2)
    assert turn.commit().outcome == OK
    ann = turn.person
    ann.chat = turn.chat
    turn = ann.turn()
    refused("conflict", turn.commit, seq=1)
    refused("conflict", turn.commit, seq=3)
    assert turn.commit().outcome == OK


def test_24_fight_for_the_same_turns(start_store, gateway, person, postgres, harness):
    """Two stores, six chats; everybody begins and commits whatever it can get."""
    start_store("store-1", TURNS_PER_SESSION=100)
    start_store("store-2", TURNS_PER_SESSION=100)
    stores = gateway.wait(lambda: len(gateway.live("store")) == 2 and gateway.live("store"), "two")
    people = [person(), person()]
    chats = [(somebody, somebody.say(f"chat {number}", conversation="").chat if number == 0 else
              first_turn(somebody)) for somebody in people for number in range(3)]
    won, broken = [], []

    def fight(number):
        try:
            for round_ in range(12):
                somebody, chat = chats[(number + round_) % len(chats)]
                fight_once(somebody, chat, stores[(number + round_) % 2], f"{number}.{round_}", won)
        except Exception as why:  # told to the test's own thread
            broken.append(why)

    threads = [threading.Thread(target=fight, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
    assert len(won) >= 24
    rows = postgres.query("SELECT conversation_id::text, seq, turn_id::text FROM turns")
    kept = {turn for _, _, turn in rows}
    assert len(rows) == len(kept) and set(won) <= kept
    for _, chat in chats:
        seqs = sorted(seq for in_chat, seq, _ in rows if in_chat == chat)
        assert seqs == list(range(1, len(seqs) + 1))
    assert postgres.query("SELECT count(*) FROM messages") == [(2 * len(rows),)]
    assert postgres.query("SELECT count(*) FROM conversations c WHERE last_seq <>"
                          " (SELECT count(*) FROM turns WHERE conversation_id = c.id)") == [(0,)]


def first_turn(somebody):
    turn = somebody.turn(conversation="")
    turn.commit()
    return turn.chat


def fight_once(somebody, chat, store, text, won):
    """Begins without regard to leases, so that grants overlap; commits twice."""
    try:
        begun = somebody.gateway.ask("turn_begin_request", to=store, session=somebody.session,
                                     conversation=chat, turn_id=(turn := new_id()), text=text)
    except BusError as why:
        assert why.code == "busy"
        # Somebody else has the lease: try to slip in all the same.
        last = somebody.history(chat, page=2).messages[-1].seq
        begun, turn = None, new_id()
    epoch, seq = (begun.epoch, begun.seq) if begun else (10**6, last + 1)
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(somebody.gateway.ask(
                "turn_commit_request", to=store, session=somebody.session, conversation=chat,
                turn_id=turn, epoch=epoch, seq=seq, user_text=text, answer=text,
                status="committed").outcome)
        except BusError as why:
            assert why.code == "conflict"
            outcomes.append(None)
    assert outcomes in ([OK, DUP], [None, None])
    if outcomes[0] == OK:
        won.append(turn)


# ---- while it is answered -------------------------------------------------------------------


def test_stop_is_told_at_the_next_renewal(store, person):
    turn = person().turn()
    assert (turn.renew().stop, turn.append(0, "Every ").stop) == (0, 0)
    turn.stop()
    assert (turn.renew().stop, turn.append(6, "15").stop) == (1, 1)


def test_a_turn_that_does_not_run_cannot_be_stopped(store, person):
    turn = person().turn()
    turn.commit()
    refused("not_found", turn.stop)
    refused("not_found", turn.person.ask, "turn_stop_request", turn_id=new_id())


def test_the_running_answer_is_kept_whole_and_once(store, person, redis):
    turn = person().turn()
    pieces = ["Every ", "15,000", " km,", " ünd so weiter"]
    offset = 0
    for piece in pieces:
        turn.append(offset, piece)
        turn.append(offset, piece)  # a repetition changes nothing
        offset += len(piece.encode())
    turn.append(6, "15,000 km, ünd so weiter!")  # overlaps what is there
    with redis.client() as client:
        (key,) = client.keys(f"*:answer:{turn.id}")
        entries = client.xrange(key)
        assert client.pttl(key) > 0
    assert "".join(fields["text"] for _, fields in entries) == "".join(pieces) + "!"
    ends = [int(number.split("-")[0]) for number, _ in entries]
    assert ends == sorted(set(ends)) and ends[-1] == offset + 1


def test_the_running_answer_has_a_limit(store, person, redis):
    turn = person().turn()
    turn.append(0, "x" * 65536)
    turn.append(65536, "one more")
    with redis.client() as client:
        assert client.xlen(client.keys("*:answer:*")[0]) == 1


def test_an_old_answer_is_not_part_of_a_new_try(store, person, redis):
    turn = person().turn()
    turn.append(0, "the first try")
    turn.abort()
    turn.epoch = turn.again().epoch
    turn.append(0, "second")
    with redis.client() as client:
        assert [fields for _, fields in client.xrange(client.keys("*:answer:*")[0])] == [
            {"text": "second"}]


def test_after_its_end_nothing_of_a_turn_stays_in_redis(store, person, redis):
    turn = person().turn("a very private question")
    turn.append(0, "a very private answer")
    turn.commit()
    with redis.client() as client:
        kept = str([client.hgetall(key) for key in client.keys("*:turns")])
        assert "private" not in kept and turn.chat in kept
        assert 0 < client.pttl(client.keys("*:answer:*")[0]) <= 10000


def test_all_keys_of_a_session_share_a_slot(start_store, person, redis):
    start_store(MESSAGES_PER_MINUTE=20)
    turn = person().turn()
    turn.append(0, "x")
    with redis.client() as client:
        keys = client.keys("*")
    assert len(keys) == 5  # session, turns, limit, answer, and the leases of its bucket
    assert len({re.match(r"automotive_chat:({b\d\d}):", key).group(1) for key in keys}) == 1
