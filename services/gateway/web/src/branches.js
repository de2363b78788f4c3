/* branches - where the ways of a chat part (docs/turns.md), as far as the page knows.
 *
 * Pure.  A branch is a chat of its own; beside a turn of this one stand the turns with which others go on
 * from the same place. */

/* The ways at a turn: { place, count, before, after } with the chats beside it, or null where there is one. */
export function waysAt(branches, seq) {
    const ways = branches.filter((branch) => branch.seq === seq);
    const at = ways.findIndex((way) => way.shown);

    if (ways.length < 2 || at < 0)
        return null;
    return {
        place: at + 1,
        count: ways.length,
        before: ways[at - 1]?.conversation_id ?? null,
        after: ways[at + 1]?.conversation_id ?? null,
    };
}

/* After which turn of the chat another way begins that replaces this one; null: it is not kept yet. */
export function forkPoint({ seq, status }) {
    if (seq === null || status === 'spooled' || status === 'unsaved')
        return null;
    return status === 'interrupted' ? seq : seq - 1; /* an interrupted one has the number of the turn before it */
}
