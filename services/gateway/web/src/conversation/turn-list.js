/* turn-list - the turns on the page, oldest first, and the view that shows them. */
import { forkPoint } from '../turn/alternatives.js';

/** @typedef {import('../turn/turn.js').Turn} Turn */

export function createTurnList(view) {
    /** @type {Turn[]} */
    let turns = [];

    function reset() {
        turns = [];
        view.clear();
    }

    /** @param {Turn[]} added */
    function append(added) {
        turns = [...turns, ...added];
        view.append(added);
    }

    /**
     * @param {Turn[]} added
     * @param {boolean} hasMore there are still older turns
     */
    function prepend(added, hasMore) {
        turns = [...added, ...turns];
        view.prepend(added, hasMore);
    }

    /* Changes fields of a turn; does nothing if it is not on the page. */
    function change(id, changes) {
        const at = turns.findIndex((turn) => turn.id === id);

        if (at < 0) return;
        turns = turns.map((turn, i) => (i === at ? { ...turn, ...changes } : turn));
        view.set(turns[at]);
    }

    function remove(id) {
        turns = turns.filter((turn) => turn.id !== id);
        view.remove(id);
    }

    /* Removes and returns the turns that a branch after `seq` replaces. */
    function removeAfter(seq) {
        const at = turns.findIndex((turn) => (forkPoint(turn) ?? -1) >= seq);
        const removed = at < 0 ? [] : turns.slice(at);

        removed.forEach((turn) => remove(turn.id));
        return removed;
    }

    return { all: () => turns, append, change, prepend, remove, removeAfter, reset };
}
