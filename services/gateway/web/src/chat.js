/* chat - the talk: opens it, sends a message, follows its answer, takes failures back.
 *
 * One turn runs at a time.  Until a turn has ended well its text is kept (in the box, in the failed
 * turn, or in the browser: pending.js), and the same text goes out again under the same turn id: the
 * server then never asks the model twice for one message.
 *
 * A turn with `afterSeq` begins a branch there: what followed leaves the page until the turn has ended,
 * comes back if it failed, and else is one of the ways at that turn (branches.js). */
import { forkPoint } from './branches.js';
import { Failure, failureOfThrown } from './failure.js';
import { newId } from './ids.js';
import { listen } from './line.js';
import { forgetPending, keepPending, pendingOf, pendingText } from './pending.js';
import { createSpeaker } from './speaker.js';
import { texts } from './texts.js';
import { fail, isOver, newTurn, step, turnsOfHistory } from './turn.js';
import { reasonOf } from './words.js';

/* onChat(id): that chat is shown, began, or got another message. */
export function createChat({ api, view, composer, announce, onBudget, onSession, onChat, pause }) {
    const speaker = createSpeaker(announce);
    let conversation = null;
    let turns = []; /* those on the page, oldest first */
    let older = null; /* the cursor of the messages before those shown */
    let fetching = null; /* these messages, under way */
    let running = null; /* the turn under way */
    let line = null; /* its connection: aborting it hangs up */
    let fork = null; /* { base, aside, edited } while it begins a branch */
    let failed = null; /* the last turn that may be asked again */
    let opens = null; /* the chat that is there when the page starts, under way */
    let opening = 0; /* how often a chat was opened: what comes for an earlier one is dropped */

    /* ---- opening ---- */

    function open() {
        opens = opened(() => {});
        return opens;
    }

    /* Another chat becomes the current one; `turn` is where in it the person wants to be. */
    async function openConversation(id, turn = null) {
        await opened(() => api.openChat(id));
        if (turn)
            await goTo((one) => one.id === turn);
    }

    /* Shows as many older messages as it takes. */
    async function goTo(isMeant) {
        const mine = opening;
        while (older && mine === opening && !turns.some(isMeant) && (await showOlder()));
        const turn = turns.find(isMeant);
        if (turn && mine === opening)
            view.reveal(turn.id);
    }

    function startNew() {
        return opened(() => api.clearChat());
    }

    async function opened(first) {
        const mine = ++opening;

        forgetKept();
        leave();
        try {
            await first();
            const session = await api.session();
            if (mine === opening)
                show(session);
        } catch (thrown) {
            if (mine !== opening)
                return;
            [turns, older] = [[], null];
            view.showProblem(failureOfThrown(thrown), () => opened(first));
        }
    }

    /* Once anything came of it, a turn is the server's, and it goes on in its chat. */
    function forgetKept() {
        if (running && running.phase !== 'sent')
            forgetPending(running.id);
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
            const before = turnsOfHistory(page.chat_history, page.branches);
            turns = [...before, ...turns];
            view.addOlder(before, older !== null);
            return true;
        } catch (thrown) {
            announce(reasonOf(failureOfThrown(thrown)));
            return false;
        }
    }

    function show(session) {
        view.clear();
        turns = turnsOfHistory(session.chat_history, session.branches);
        conversation = session.conversation_id;
        composer.enter(conversation);
        onSession(session);
        onBudget(session.budget ?? null);
        onChat(conversation);
        older = session.more;
        view.showOlderButton(Boolean(older));
        view.addAll(turns);
        failed = turns.findLast((turn) => turn.status === 'interrupted') ?? null;
        if (session.running_turn)
            goOn(session.running_turn);
        else
            takeBackPending();
        composer.resumeEdit(turns);
        view.welcomeIfEmpty();
        view.toEnd();
    }

    /* A turn that runs already: this page was reloaded, or another tab sent it. */
    function goOn({ turn_id: id, text }) {
        const turn = newTurn(id, text || pendingText(id));

        begin(turn);
        answered(() => api.events(id, line.signal));
    }

    /* The page was left while a message was on its way, and the server did not keep it. */
    function takeBackPending() {
        for (const { id, text, afterSeq } of pendingOf(conversation)) {
            forgetPending(id);
            if (turns.some((turn) => turn.id === id))
                continue;
            failed = { ...newTurn(id, text), afterSeq };
            composer.giveBack(text);
        }
    }

    /* ---- saying something; all of these resolve when the answer is over, however it went ---- */

    async function send(text, edited = null) {
        if (opens)
            await opens; /* until then nobody knows in which chat we are */
        if (running)
            return;
        if (edited)
            await start({ ...newTurn(newId(), text), afterSeq: forkPoint(edited) }, edited);
        else
            await start(failed?.text === text ? afresh(failed) : newTurn(newId(), text));
    }

    async function retry(turn) {
        if (running)
            return;
        await start(afresh(turn));
    }

    /* Another answer to the same question; the first one stays, as another way. */
    async function regenerate(turn) {
        if (running || forkPoint(turn) === null)
            return;
        await start({ ...newTurn(newId(), turn.text), afterSeq: forkPoint(turn) });
    }

    function afresh({ id, text, afterSeq }) {
        return { ...newTurn(id, text), afterSeq };
    }

    async function start(turn, edited = null) {
        if (failed?.failure)
            drop(failed.id);
        drop(turn.id);
        failed = null;
        fork = turn.afterSeq === null ? null : { base: conversation, aside: takeAside(turn.afterSeq), edited };
        keepPending(turn, conversation);
        composer.take(turn.text);
        composer.focus(); /* the button that was pressed may be gone */
        begin(turn);
        await answered(() => api.chat(question(turn), line.signal));
    }

    function takeAside(afterSeq) {
        const at = turns.findIndex((turn) => (forkPoint(turn) ?? -1) >= afterSeq);
        const aside = at < 0 ? [] : turns.slice(at);

        aside.forEach((turn) => drop(turn.id));
        return aside;
    }

    function begin(turn) {
        opening++;
        running = turn;
        line = new AbortController();
        turns = [...turns, turn];
        composer.setBusy(true);
        view.add(turn);
        view.toEnd();
        speaker.say(turn);
    }

    async function answered(ask) {
        const { signal } = line;
        const again = () => api.events(running.id, signal, running.bytes);
        const lost = () => take({ ...running, lost: true });
        const hear = (event) => {
            take(step(running, event));
            return isOver(running);
        };

        try {
            await listen({ ask, again, take: hear, lost, signal, pause });
        } catch (thrown) {
            if (!signal.aborted)
                take(fail(running, failureOfThrown(thrown)));
        }
        if (!signal.aborted)
            end(running);
    }

    function question({ id, text, afterSeq }) {
        /* null begins a new chat; without it another tab would decide which one is meant. */
        return { message: text, turn_id: id, conversation_id: conversation, after_seq: afterSeq ?? undefined };
    }

    function take(next) {
        const began = next.conversation && next.conversation !== conversation;

        running = next;
        change(next.id, next);
        if (began) {
            conversation = next.conversation;
            composer.moveTo(conversation);
            keepPending(next, conversation);
            onChat(conversation);
        }
        if (next.budget)
            onBudget(next.budget);
        speaker.say(next);
    }

    function end(turn) {
        const { base, aside, edited } = fork ?? {};

        leave();
        if (turn.status !== 'unsaved')
            forgetPending(turn.id);
        if (turn.failure)
            takeBack(turn, base, aside, edited);
        else if (turn.afterSeq !== null || turn.seq === null)
            refresh();
        if (turn.failure || turn.status === 'unsaved')
            failed = turn;
        onChat(conversation);
    }

    /* What a branch would have replaced comes back, the failed turn stands behind it. */
    function takeBack(turn, base, aside, edited) {
        if (aside) {
            conversation = base;
            composer.moveTo(base);
            drop(turn.id);
            turns = [...turns, ...aside, turn];
            view.addAll([...aside, turn]);
            view.toEnd();
        }
        if (edited)
            composer.startEdit(edited, turn.text);
        else
            composer.giveBack(turn.text);
    }

    /* Numbers and ways of the turns on the page, from the server. */
    async function refresh() {
        const chat = conversation;
        const page = chat && (await api.page(chat).catch(() => null));

        if (!page || chat !== conversation)
            return;
        for (const { id, seq, ways } of turnsOfHistory(page.chat_history, page.branches))
            change(id, { seq, ways });
    }

    /* ---- other things one does with a turn ---- */

    function change(id, changes) {
        const at = turns.findIndex((turn) => turn.id === id);

        if (at < 0)
            return;
        turns = turns.map((turn, i) => (i === at ? { ...turn, ...changes } : turn));
        view.set(turns[at]);
    }

    function drop(id) {
        turns = turns.filter((turn) => turn.id !== id);
        view.remove(id);
    }

    /* Another way from this turn on; the page stays where the ways part. */
    async function switchTo(id, turn) {
        await opened(() => api.openChat(id));
        await goTo(({ seq }) => seq === turn.seq);
    }

    function edit(turn) {
        if (!running && forkPoint(turn) !== null)
            composer.startEdit(turn, turn.text);
    }

    function editLast() {
        const last = turns.findLast((turn) => forkPoint(turn) !== null);
        if (last)
            edit(last);
    }

    async function judge(turn, value) {
        change(turn.id, { feedback: value });
        try {
            await api.feedback(turn.id, value);
        } catch (thrown) {
            change(turn.id, { feedback: turn.feedback });
            announce(reasonOf(failureOfThrown(thrown)));
        }
    }

    /* Hangs up; the answer, if one is being written, goes on without this page. */
    function leave() {
        running = null;
        fork = null;
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

    /* The network is there again: what it kept from leaving leaves now, if the person still wants it to. */
    async function mend() {
        if (failed?.failure?.code === 'offline' && composer.holds(failed.text))
            await retry(failed);
    }

    return {
        edit, editLast, isBusy: () => running !== null, isTalk: () => turns.some((turn) => turn.phase === 'done'), judge, leave, mend, open, openConversation, regenerate, retry, send, showOlder, startNew, stop,
        switchTo,
    };
}
