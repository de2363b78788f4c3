/* chat - the talk: opens it, sends a message, follows its answer, takes failures back.
 *
 * One turn runs at a time.  Until a turn has ended well its text is kept (in the box, in the failed
 * turn, or as `pending` in the browser), and the same text goes out again under the same turn id: the
 * server then never asks the model twice for one message. */
import { Failure, failureOfThrown } from './failure.js';
import { newId } from './ids.js';
import { keep, kept } from './keep.js';
import { readEvents } from './stream.js';
import { texts } from './texts.js';
import { fail, isOver, newTurn, step, turnsOfHistory } from './turn.js';
import { reasonOf, spoken } from './words.js';

export function createChat({ api, view, composer, announce, onBudget, onSession, onChat }) {
    let conversation = null;
    let older = null; /* the cursor of the messages before those shown */
    let opening = 0; /* how often a chat was opened: what comes for an earlier one is dropped */
    let fetching = null; /* the older messages under way */
    let running = null; /* the turn under way */
    let line = null; /* its connection: aborting it hangs up */
    let failed = null; /* the last turn that may be asked again */

    function open() {
        return opened(() => {});
    }

    /* Another chat becomes the current one; `turn` is where in it the person wants to be. */
    async function openConversation(id, turn = null) {
        await opened(() => api.openChat(id));
        const mine = opening;
        while (turn && older && mine === opening && !view.has(turn) && (await showOlder()));
        if (turn && mine === opening)
            view.reveal(turn);
    }

    function startNew() {
        return opened(() => api.clearChat());
    }

    async function opened(first) {
        const mine = ++opening;

        forgetKept();
        leave();
        view.clear();
        failed = older = null;
        try {
            await first();
            const session = await api.session();
            if (mine === opening)
                show(session);
        } catch (thrown) {
            if (mine === opening)
                view.showProblem(failureOfThrown(thrown), () => opened(first));
        }
    }

    /* Once anything came of it, a turn is the server's, and it goes on in its chat. */
    function forgetKept() {
        if (running && running.phase !== 'sent')
            keep('pending', null);
    }

    /* false if there are none to be had now. */
    function showOlder() {
        fetching ??= fetchOlder().finally(() => (fetching = null));
        return fetching;
    }

    async function fetchOlder() {
        const mine = opening;
        try {
            const page = await api.page(conversation, older);
            if (mine !== opening)
                return false;
            older = page.more;
            view.addOlder(turnsOfHistory(page.chat_history), older !== null);
            return true;
        } catch (thrown) {
            announce(reasonOf(failureOfThrown(thrown)));
            return false;
        }
    }

    function show(session) {
        const turns = turnsOfHistory(session.chat_history);

        conversation = session.conversation_id;
        onSession(session);
        onBudget(session.budget ?? null);
        onChat(conversation);
        older = session.more;
        view.showOlderButton(Boolean(older));
        turns.forEach(view.add);
        failed = turns.findLast((turn) => turn.status === 'interrupted') ?? null;
        if (session.running_turn)
            goOn(session.running_turn);
        else
            takeBackPending(turns);
        view.welcomeIfEmpty();
    }

    /* A turn that runs already: this page was reloaded, or another tab sent it. */
    function goOn({ turn_id: id, text }) {
        const turn = newTurn(id, text || (kept('pending')?.text ?? ''));

        begin(turn);
        answered(turn, () => api.events(id, line.signal), line.signal);
    }

    /* The page was left while a message was on its way, and the server did not keep it. */
    function takeBackPending(turns) {
        const pending = kept('pending');

        keep('pending', null);
        if (!pending || turns.some((turn) => turn.id === pending.id))
            return;
        failed = newTurn(pending.id, pending.text);
        composer.giveBack(pending.text);
    }

    /* Both resolve when the answer is over, however it went. */
    function send(text) {
        return start(newTurn(failed?.text === text ? failed.id : newId(), text));
    }

    async function retry(turn) {
        if (running)
            return;
        composer.focus(); /* the button that was pressed goes away */
        await start(newTurn(turn.id, turn.text));
    }

    async function start(turn) {
        if (failed?.failure)
            view.remove(failed.id);
        view.remove(turn.id);
        failed = null;
        keep('pending', { id: turn.id, text: turn.text });
        composer.take(turn.text);
        begin(turn);
        await answered(turn, () => api.chat(question(turn), line.signal), line.signal);
    }

    function begin(turn) {
        running = turn;
        line = new AbortController();
        composer.setBusy(true);
        view.add(turn);
        view.toEnd();
        announce(spoken(turn));
    }

    async function answered(turn, ask, signal) {
        try {
            await follow(await ask(), signal);
        } catch (thrown) {
            if (!signal.aborted)
                take(fail(running, failureOfThrown(thrown)));
        }
        if (!signal.aborted)
            end(running);
    }

    async function follow(response, signal) {
        for await (const event of readEvents(response)) {
            if (signal.aborted)
                return;
            take(step(running, event));
            if (isOver(running))
                return;
        }
        throw new Failure({ code: 'cut' });
    }

    function question({ id, text }) {
        return { message: text, turn_id: id, conversation_id: conversation ?? undefined };
    }

    function take(next) {
        const news = ['phase', 'place', 'wait'].some((name) => next[name] !== running[name]);

        running = next;
        view.set(next);
        if (next.conversation && next.conversation !== conversation) {
            conversation = next.conversation;
            onChat(conversation);
        }
        if (next.budget)
            onBudget(next.budget);
        if (news)
            announce(spoken(next));
    }

    function end(turn) {
        leave();
        onChat(conversation);
        keep('pending', null);
        if (turn.failure)
            composer.giveBack(turn.text);
        if (turn.failure || turn.status === 'unsaved')
            failed = turn;
    }

    /* Hangs up; the answer, if one is being written, goes on without this page. */
    function leave() {
        running = null;
        line?.abort();
        composer.setBusy(false);
    }

    async function stop() {
        try {
            await api.stop(running.id);
        } catch {
            composer.stopFailed();
            announce(texts.failed.stop);
        }
    }

    return { leave, open, openConversation, retry, send, showOlder, startNew, stop };
}
