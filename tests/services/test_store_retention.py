"""What the store promises of RETENTION_DAYS: what is too old goes wholly, nothing else does, and
nobody waits for it."""

import statistics
import time

import pytest

from support.store import ANSWER, OK, refused
from support.wait import wait_until

TABLES = ("users", "turns", "messages", "interrupted", "api_keys", "accounts", "spending", "search")


def counts(postgres):
    return {table: postgres.query(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def grow_old(postgres, days, *people):
    """As if these people had done all this so many days earlier."""
    for somebody in people:
        for table, columns in (("users", ("created_at", "last_active")),
                               ("conversations", ("created_at", "touched_at"))):
            for column in columns:
                postgres.query(
                    f"UPDATE {table} SET {column} = {column} - %s * interval '1 day' WHERE "
                    + ("id" if table == "users" else "user_id")
                    + " = (SELECT id FROM users WHERE session_id = %s)",
                    days,
                    somebody.session,
                )


def test_what_nobody_touched_for_so_long_goes_wholly(start_store, postgres, person):
    store = start_store()
    ann, bob = person(), person()
    for one in (ann, bob):
        one.ask(
            "session_save_request",
            key_change=1,
            sealed_key=b"\x02k1" + bytes(60),
            key_hint="h",
            remember=1,
        )
        one.say()
        one.say("And then?")
    postgres.query(
        "INSERT INTO interrupted (user_id, turn_id, conversation_id, after_seq, question, answer, "
        "model,"
        " asked_at) SELECT user_id, gen_random_uuid(), id, 1, 'lost', '', '', now() FROM "
        "conversations"
    )
    wait_until(lambda: counts(postgres)["search"] == 4, "all turns to be searchable")
    store.stop()
    grow_old(postgres, 8, ann)
    again = start_store("again", RETENTION_DAYS=7)
    again.wait_for_event("retention.deleted")
    wait_until(lambda: counts(postgres)["users"] == 1, "the person to be gone too")
    assert counts(postgres) == {
        "users": 1,
        "turns": 2,
        "messages": 4,
        "interrupted": 1,
        "api_keys": 1,
        "accounts": 0,
        "spending": 1,
        "search": 2,
    }
    assert len(bob.open().messages) == 6
    assert not postgres.query("SELECT FROM users WHERE session_id = %s", ann.session)


def test_an_old_chat_of_somebody_who_comes_still_goes_alone(start_store, postgres, person):
    store = start_store()
    ann = person()
    old = ann.say()
    ann.ask("conversation_clear_request")
    new = ann.say("Which tyres?", conversation="")
    store.stop()
    postgres.query("UPDATE users SET last_active = now() - interval '1 hour'")
    postgres.query("UPDATE conversations SET touched_at = now() - interval '8 days',"
                   " created_at = now() - interval '9 days' WHERE id = %s", old.chat)
    start_store("again", RETENTION_DAYS=7).wait_for_event("retention.deleted")
    refused("not_found", ann.history, old.chat)
    wait_until(lambda: counts(postgres)["turns"] == 1, "the chat to be wiped")
    assert [line.text for line in ann.history(new.chat).messages] == ["Which tyres?", ANSWER]
    assert postgres.query("SELECT count(*) FROM messages") == [(2,)]
    assert postgres.query("SELECT title FROM conversations WHERE id = %s", old.chat) == [("",)]


def test_who_is_here_just_now_may_go_on_with_an_old_chat(start_store, postgres, person):
    store = start_store()
    ann, bob = person(), person()
    ann.say()
    bob.say()
    store.stop()
    grow_old(postgres, 8, ann, bob)
    postgres.query("UPDATE users SET last_active = now() WHERE session_id = %s", ann.session)
    start_store("again", RETENTION_DAYS=7).wait_for_event("retention.deleted")
    assert ann.say("And then?").seq == 2


@pytest.mark.parametrize("days", [0, 9])
def test_nothing_goes_before_its_time(start_store, postgres, person, days):
    """The audit log's old line shows that a round was made."""
    store = start_store()
    ann = person()
    ann.say()
    wait_until(lambda: counts(postgres)["search"] == 1, "the turn to be searchable")
    store.stop()
    grow_old(postgres, 8, ann)
    before = counts(postgres)
    postgres.query(
        "INSERT INTO audit_log (action, at) VALUES ('long.ago', now() - interval '5 years')"
    )
    assert (
        start_store("again", RETENTION_DAYS=days).wait_for_event("retention.deleted")["rows"] == "1"
    )
    assert counts(postgres) == before
    assert postgres.query("SELECT count(*) FROM conversations WHERE deleted_at IS NULL") == [(1,)]


def test_users_are_gone_through_to_the_last(start_store, postgres, person):
    start_store().stop()
    postgres.query(
        "INSERT INTO users (session_id, session_hash, last_active)"
        " SELECT gen_random_uuid(), sha256(n::text::bytea), CASE WHEN n % 3 = 0 THEN now()"
        " ELSE now() - interval '8 days' END FROM generate_series(1, 1500) n"
    )
    again = start_store("again", RETENTION_DAYS=7)
    assert again.wait_for_event("retention.deleted")["rows"] == "1000"
    assert counts(postgres)["users"] == 500


# ---- many rows ------------------------------------------------------------------------------

OLD_TURNS = 33400  # with their messages 100,200 rows


def fill(postgres):
    """Old chats of 167 people."""
    postgres.query(
        "INSERT INTO users (session_id, session_hash, created_at, last_active)"
        " SELECT gen_random_uuid(), sha256(n::text::bytea), now() - interval '9 days',"
        " now() - interval '8 days' FROM generate_series(1, 167) n"
    )
    postgres.query(
        "INSERT INTO conversations (id, user_id, last_seq, created_at, touched_at)"
        " SELECT gen_random_uuid(), id, %s, created_at, last_active FROM users"
        " WHERE last_active < now() - interval '7 days'",
        OLD_TURNS // 167,
    )
    postgres.query(
        "INSERT INTO turns (user_id, turn_id, conversation_id, seq, epoch, status, verdict, model,"
        " finish_reason, generation_id, prompt_tokens, completion_tokens, cost, asked_at)"
        " SELECT c.user_id, gen_random_uuid(), c.id, n, 1, 'committed', 2, 'm', 'stop', '', 1, 1, "
        "0, now()"
        " FROM conversations c, generate_series(1, c.last_seq) n WHERE c.touched_at < now() - "
        "interval '7 days'"
    )
    postgres.query(
        "INSERT INTO messages (conversation_id, seq, message_role, content)"
        " SELECT t.conversation_id, t.seq, r, 'old' FROM turns t JOIN conversations c"
        " ON c.id = t.conversation_id, (VALUES ('user'), ('assistant')) roles (r)"
        " WHERE c.touched_at < now() - interval '7 days'"
    )


def commits_until(ann, is_over):
    """Milliseconds of each commit of this person."""
    took = []
    while not is_over(len(took)):
        turn = ann.turn(f"question {len(took)}")
        since = time.monotonic()
        assert turn.commit().outcome == OK
        took.append((time.monotonic() - since) * 1000)
        ann.chat = turn.chat
    return sorted(took)


@pytest.mark.timeout(120)
def test_commits_go_on_while_a_hundred_thousand_rows_are_deleted(
    start_store, postgres, person, record_property
):
    store = start_store()
    ann = person()
    before = commits_until(ann, lambda count: count == 100)
    store.stop()
    fill(postgres)
    start_store("again", RETENTION_DAYS=7)
    since = time.monotonic()
    during = commits_until(
        ann, lambda count: count % 20 == 19 and counts(postgres)["turns"] == 100 + count
    )
    took = time.monotonic() - since
    kept = 100 + len(during)
    wait_until(lambda: counts(postgres)["users"] == 1, "the last of them to be gone")
    left = counts(postgres)
    assert (left["turns"], left["messages"]) == (kept, 2 * kept)
    figures = (
        f"{OLD_TURNS * 3} rows in {took:.1f} s; commits before: median "
        f"{statistics.median(before):.1f} ms,"
        f" slowest {before[-1]:.1f}; meanwhile {len(during)}: median "
        f"{statistics.median(during):.1f},"
        f" slowest {during[-1]:.1f}"
    )
    print(figures)
    assert statistics.median(during) < 10 * statistics.median(before) + 50, figures
    assert during[-1] < 2000, figures
