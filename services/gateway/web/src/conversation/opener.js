/* opener - shows a conversation: the session's current one, another one, or a new one. */
import { failureFromThrown } from '../net/failure.js';
import { turnsFromHistory } from '../turn/turn.js';

export function createOpener({
    api,
    view,
    composer,
    current,
    turns,
    history,
    running,
    sender,
    onBudget,
    onSession,
}) {
    let loading = null; /* the session's conversation, from the start of the page on */

    /* The conversation that the session had open last. */
    function load() {
        loading = show(async () => {});
        return loading;
    }

    /* turnId: where to scroll to. */
    async function open(id, turnId = null) {
        await show(() => api.openConversation(id));
        if (turnId) await history.reveal((turn) => turn.id === turnId);
    }

    /* Another branch; the page stays at the turn where the branches differ. */
    async function openAlternative(id, { seq }) {
        await show(() => api.openConversation(id));
        await history.reveal((turn) => turn.seq === seq);
    }

    function startNew() {
        return show(() => api.newConversation());
    }

    /* select() makes a conversation the session's current one. */
    async function show(select) {
        const isCurrent = current.supersede();

        running.forgetIfReceived();
        running.leave();
        try {
            await select();
            const session = await api.session();
            if (isCurrent()) enter(session);
        } catch (thrown) {
            if (!isCurrent()) return;
            turns.reset();
            history.reset(null);
            view.showProblem(failureFromThrown(thrown), () => show(select));
        }
    }

    function enter(session) {
        turns.reset();
        current.enter(session.conversation_id);
        onSession(session);
        onBudget(session.budget ?? null);
        current.changed();
        history.reset(session.more);
        turns.append(turnsFromHistory(session.chat_history, session.branches));
        sender.enter(session.running_turn);
        composer.resumeEdit(turns.all());
        view.showWelcomeIfEmpty();
        view.toEnd();
    }

    return { load, loading: () => loading, open, openAlternative, startNew };
}
