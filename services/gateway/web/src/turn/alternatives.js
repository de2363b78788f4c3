/* alternatives - the branches of a conversation at one turn (docs/turns.md).
 *
 * Pure.  The server stores each branch as a conversation of its own; the alternatives of a turn are
 * the conversations that continue differently from the same place. */

/* { position, count, previous, next } with the conversations beside the one shown, or null if the
 * turn has no alternatives. */
export function alternativesAt(branches, seq) {
    const all = branches.filter((branch) => branch.seq === seq);
    const at = all.findIndex((branch) => branch.shown);

    if (all.length < 2 || at < 0) return null;
    return {
        position: at + 1,
        count: all.length,
        previous: all[at - 1]?.conversation_id ?? null,
        next: all[at + 1]?.conversation_id ?? null,
    };
}

/* The sequence number after which a branch that replaces this turn begins; null if the turn is not
 * stored yet. */
export function forkPoint({ seq, status }) {
    if (seq === null || status === 'spooled' || status === 'unsaved') return null;
    return status === 'interrupted'
        ? seq
        : seq - 1; /* an interrupted turn has no number of its own */
}
