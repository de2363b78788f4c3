-- A search asks the same of each block, so it is planned once and not for each of them, which took
-- longer than the asking.  No plan knows the words then, and one that was made while there was little to
-- search may be kept for a while: it must use the index too.
ALTER FUNCTION search_turns(bigint, text, bigint, bigint) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION search_turns(bigint, text, bigint, bigint) SET enable_seqscan = off;
