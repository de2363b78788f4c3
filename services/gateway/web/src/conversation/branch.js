/* branch - a turn that replaces the end of a conversation, until it has succeeded.
 *
 * The replaced turns leave the page.  If the turn fails they come back; otherwise they remain
 * reachable as an alternative (turn/alternatives.js). */

/* edited: the turn whose text was edited, or null.  Returns { restore(turn) }. */
export function beginBranch({ view, composer, current, turns }, afterSeq, edited) {
    const base = current.id();
    const replaced = turns.removeAfter(afterSeq);

    /* Puts the replaced turns back, followed by the failed one. */
    function restore(failed) {
        current.moveTo(base);
        turns.remove(failed.id);
        turns.append([...replaced, failed]);
        view.toEnd();
        if (edited) composer.startEdit(edited, failed.text);
        else composer.restore(failed.text);
    }

    return { restore };
}
