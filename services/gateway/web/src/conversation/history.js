/* history - loads older turns of the conversation, page by page. */
import { failureText } from '../net/failure-text.js';
import { failureFromThrown } from '../net/failure.js';
import { turnsFromHistory } from '../turn/turn.js';

export function createHistory({ api, view, current, turns, announce }) {
    let cursor = null; /* of the page before the oldest turn shown; null: there is none */
    let loading = null; /* the request under way */

    function reset(next) {
        cursor = next ?? null;
        view.showOlderButton(cursor !== null);
    }

    /* Resolves to false if no older turns could be loaded. */
    function showOlder() {
        loading ??= loadPage().finally(() => (loading = null));
        return loading;
    }

    async function loadPage() {
        const isCurrent = current.snapshot();

        try {
            const page = await api.historyPage(current.id(), cursor);
            if (!isCurrent()) return false;
            cursor = page.more;
            turns.prepend(turnsFromHistory(page.chat_history, page.branches), cursor !== null);
            return true;
        } catch (thrown) {
            announce(failureText(failureFromThrown(thrown)));
            return false;
        }
    }

    /* Scrolls to the turn that matches, loading as many pages as necessary. */
    async function reveal(matches) {
        const isCurrent = current.snapshot();
        const isNeeded = () => cursor && isCurrent() && !turns.all().some(matches);

        while (isNeeded() && (await showOlder()));
        const turn = turns.all().find(matches);
        if (turn && isCurrent()) view.reveal(turn.id);
    }

    /* Updates the numbers and alternatives of the turns on the page. */
    async function refresh() {
        const id = current.id();
        const page = id && (await api.historyPage(id).catch(() => null));

        if (!page || id !== current.id()) return;
        for (const turn of turnsFromHistory(page.chat_history, page.branches))
            turns.change(turn.id, { seq: turn.seq, alternatives: turn.alternatives });
    }

    return { refresh, reset, reveal, showOlder };
}
