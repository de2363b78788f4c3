-- Finding words in all chats of a person.  docs/search.md tells how this is used and what it costs.
--
-- A row for each kept turn, made a moment later by whichever store comes first (search_fill): a commit
-- does nothing for it.  The turns of a person are numbered in the order in which they came here, and
-- SEARCH_BLOCK of them share a prefix, "<person>.<block> ", that stands before each of their words.  So
-- the index holds the words of each person apart, and what one search reads is bounded by one block.
CREATE TABLE search (
    conversation_id uuid     NOT NULL,
    seq             bigint   NOT NULL,
    user_id         bigint   NOT NULL,
    no              bigint   NOT NULL,
    words           tsvector NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    UNIQUE (user_id, no),
    FOREIGN KEY (conversation_id, seq) REFERENCES turns (conversation_id, seq) ON DELETE CASCADE
);
-- Without a list of pending entries, which every search would have to read from end to end.
CREATE INDEX search_words ON search USING gin (words) WITH (fastupdate = off);

-- Turns behind searched_seq have no such row yet: of an older database, all of them.  Those that a
-- branch begins with are another chat's.
ALTER TABLE conversations ADD COLUMN searched_seq bigint NOT NULL DEFAULT 0;
UPDATE conversations SET searched_seq = forked_at_seq WHERE forked_at_seq IS NOT NULL;
CREATE INDEX conversations_unsearched ON conversations (touched_at) WHERE searched_seq < last_seq;

-- Turns that came with an import were not asked here.
ALTER TABLE turns ADD COLUMN imported boolean NOT NULL DEFAULT false;

CREATE FUNCTION search_prefix(person bigint, block bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT to_hex(person) || '.' || to_hex(block) || ' ' $$;

CREATE FUNCTION search_split(words text) RETURNS SETOF text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT left(word, 40) FROM regexp_split_to_table(lower(words), '\W+') word WHERE word <> '' $$;

-- Every word as it is written, and its stem in the language that more of the words are fillers of.
-- The dictionaries answer '{}' for a filler.
CREATE FUNCTION search_vector(prefix text, said text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    WITH words AS MATERIALIZED (
        SELECT word, ts_lexize('english_stem', word) AS english, ts_lexize('german_stem', word) AS german
          FROM (SELECT DISTINCT w FROM search_split(said) w) split (word)
    ), language AS (
        SELECT count(*) FILTER (WHERE german = '{}') > count(*) FILTER (WHERE english = '{}') AS is_german
          FROM words
    )
    SELECT coalesce(array_to_tsvector(array_agg(prefix || lexeme)), ''::tsvector)
      FROM words, language,
           LATERAL (SELECT word UNION SELECT CASE WHEN is_german THEN german[1] ELSE english[1] END) l (lexeme)
     WHERE lexeme <> ''
$$;

-- What a person looks for, term by term: a word, "several in this order", or either with - before it.
-- The last word is taken for the beginning of one unless something stands behind it.
CREATE FUNCTION search_terms(said text)
    RETURNS TABLE (is_minus boolean, is_phrase boolean, words text[], is_open boolean)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT part[1] = '-', part[2] IS NOT NULL, split.words,
           part[2] IS NULL AND at = max(at) OVER () AND said ~ '\w$'
      FROM regexp_matches(said, '(-?)(?:"([^"]*)"?|([^\s"]+))', 'g') WITH ORDINALITY AS m (part, at),
           LATERAL (SELECT array_agg(w) FROM search_split(coalesce(part[2], part[3])) w) split (words)
     WHERE split.words IS NOT NULL
     LIMIT 16
$$;

-- As a tsquery with @ for the prefix; NULL if it only says what is not wanted.  A phrase that is not
-- wanted is left to search_phrases: both of its words may well be there.
CREATE FUNCTION search_query(said text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    WITH forms AS (
        SELECT t.is_minus, term_no, (SELECT string_agg(DISTINCT format('''@%s''%s', form,
                    CASE WHEN t.is_open AND word_no = cardinality(t.words) THEN ':*' ELSE '' END), ' | ')
                  FROM unnest(word || CASE WHEN t.is_phrase THEN NULL ELSE
                              ts_lexize('english_stem', word) || ts_lexize('german_stem', word) END) form
                 WHERE form <> '') AS word
          FROM search_terms(said) WITH ORDINALITY AS t (is_minus, is_phrase, words, is_open, term_no),
               unnest(t.words[:16]) WITH ORDINALITY AS w (word, word_no)
         WHERE NOT (t.is_minus AND t.is_phrase)
    ), terms AS (
        SELECT is_minus, string_agg('(' || word || ')', ' & ') AS term
          FROM forms GROUP BY is_minus, term_no
    )
    SELECT CASE WHEN NOT bool_and(is_minus)
                THEN string_agg(CASE WHEN is_minus THEN '!(' || term || ')' ELSE term END, ' & ') END
      FROM terms
$$;

-- The phrases in it as regular expressions; they consist of words only, so no word can be one.
CREATE FUNCTION search_phrases(said text, minus boolean) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT coalesce(array_agg('\m' || array_to_string(words, '\W+') || '\M'), '{}')
      FROM search_terms(said) WHERE is_phrase AND is_minus = minus
$$;

-- Where a turn of a deleted chat is shown: in the branch last spoken in that begins with it.  NULL:
-- nowhere.
CREATE FUNCTION search_shown(chat uuid, turn bigint) RETURNS uuid
    LANGUAGE sql STABLE AS
$$
    WITH RECURSIVE shown (id, deleted_at, touched_at) AS (
        SELECT c.id, c.deleted_at, c.touched_at FROM conversations c WHERE c.id = chat
        UNION ALL
        SELECT b.id, b.deleted_at, b.touched_at
          FROM shown s JOIN conversations b ON b.forked_from = s.id
         WHERE s.deleted_at IS NOT NULL AND b.forked_at_seq >= turn
    )
    SELECT id FROM shown WHERE deleted_at IS NULL AND touched_at > '-infinity'
     ORDER BY touched_at DESC LIMIT 1
$$;

-- Whether a turn has all phrases that are wanted in one message, and none that is refused.
CREATE FUNCTION search_has(chat uuid, turn bigint, wanted text[], refused text[]) RETURNS boolean
    LANGUAGE plpgsql STABLE AS
$$
BEGIN
    RETURN (wanted = '{}' OR EXISTS (SELECT FROM messages m WHERE m.conversation_id = chat AND m.seq = turn
                                                              AND m.content ~* ALL (wanted)))
       AND (refused = '{}' OR NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = chat AND m.seq = turn
                                                                   AND m.content ~* ANY (refused)));
END
$$;

-- The newest turns of a person that have it, block by block until there are enough.  A phrase is looked
-- for in the texts themselves, turn by turn; after 40 ms of that a row that has only a number says how far
-- it came.  The planner cannot know how little there is of one block: what it would spend on helpers, on
-- compiling, and on a plan for each block takes longer than the search itself.  One plan for all blocks
-- knows no words, and may be made while there is little to search: it must use the index nevertheless.
CREATE FUNCTION search_turns(person bigint, said text, before bigint, want bigint)
    RETURNS TABLE (no bigint, conversation_id uuid, seq bigint, shown uuid)
    LANGUAGE plpgsql STABLE ROWS 21 SET jit = off SET max_parallel_workers_per_gather = 0
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS
$$
DECLARE
    query   text := search_query(said);
    wanted  text[] := search_phrases(said, false);
    refused text[] := search_phrases(said, true);
    newest  bigint := coalesce((SELECT max(s.no) FROM search s WHERE s.user_id = person), -1);
    block   bigint := least(newest, before - 1) >> 10; -- of 1024 turns; below 0: there are none
    ends_at timestamptz := clock_timestamp() + interval '40 ms';
BEGIN
    WHILE query IS NOT NULL AND block >= 0 AND want > 0 LOOP
        FOR no, conversation_id, seq, shown IN
            WITH found AS MATERIALIZED (
                SELECT s.no, s.user_id, s.conversation_id, s.seq FROM search s
                 WHERE s.words @@ replace(query, '@', search_prefix(person, block))::tsquery
            )
            SELECT f.no, f.conversation_id, f.seq, chat.shown
              FROM (SELECT * FROM found WHERE user_id = person AND found.no < before
                     ORDER BY found.no DESC OFFSET 0) f
              JOIN conversations c ON c.id = f.conversation_id
             CROSS JOIN LATERAL (SELECT CASE WHEN c.deleted_at IS NULL THEN c.id
                                             ELSE search_shown(c.id, f.seq) END) chat (shown)
             WHERE chat.shown IS NOT NULL
             ORDER BY f.no DESC
        LOOP
            IF search_has(conversation_id, seq, wanted, refused) THEN
                RETURN NEXT;
                want := want - 1;
                EXIT WHEN want <= 0;
            ELSIF clock_timestamp() > ends_at THEN
                conversation_id := NULL;
                RETURN NEXT;
                RETURN;
            END IF;
        END LOOP;
        block := block - 1;
    END LOOP;
END
$$;

-- What a word and its stem begin with, if that is nearly all of the stem: of braking and brake, brak.
CREATE FUNCTION search_root(word text, stem text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT coalesce((SELECT left(word, n) FROM generate_series(length(stem), greatest(length(stem) - 1, 3), -1) n
                      WHERE left(word, n) = left(stem, n) LIMIT 1), word)
$$;

-- What is marked in a text, as a regular expression: phrases, and words with whatever stands behind
-- the shortest root they have.  NULL: nothing.
CREATE FUNCTION search_marks(said text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT string_agg(DISTINCT form, '|') FROM (
        SELECT array_to_string(words, '\W+') || '\M' FROM search_terms(said)
         WHERE is_phrase AND NOT is_minus
        UNION
        SELECT (SELECT search_root(word, stem)
                  FROM unnest(word || ts_lexize('english_stem', word) || ts_lexize('german_stem', word)) stem
                 ORDER BY length(search_root(word, stem)) LIMIT 1) || '\w*'
          FROM search_terms(said), unnest(words) word WHERE NOT is_phrase AND NOT is_minus
    ) f (form)
$$;

-- A piece of a text around the first mark, with U+0002 before and U+0003 behind each.
CREATE FUNCTION search_snippet(marks text, said text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT regexp_replace(piece, '\m(?:' || marks || ')', E'\x02\\&\x03', 'gi')
      FROM (SELECT coalesce(substring(plain FROM '(?i).{0,60}\m(?:' || marks || ').{0,160}'), left(plain, 200))
              FROM (SELECT regexp_replace(said, '[\s\x02\x03]+', ' ', 'g')) p (plain)) s (piece)
$$;
