/* sender - sends messages and handles the end of their turns.
 *
 * Until a turn has succeeded its text is kept: in the message box, in the failed turn, or in the
 * browser's storage (pending.js).  The same text is sent again under the same turn id, so that the
 * server never asks the model twice for one message. */
import { newId } from '../base/ids.js';
import { forkPoint } from '../turn/alternatives.js';
import { newTurn } from '../turn/turn.js';
import { beginBranch } from './branch.js';
import { forgetPending, pendingIn, pendingText, storePending } from './pending.js';

/** @typedef {import('../turn/turn.js').Turn} Turn */

/* All functions that send resolve when the turn is over, however it ended. */
export function createSender({ api, view, composer, current, turns, history, running }) {
    /** @type {Turn | null} */
    let failed = null; /* the last turn that can be sent again */

    /* edited: the turn that the text replaces, or null. */
    async function send(text, edited = null) {
        if (running.isRunning()) return;
        if (edited) await start(branchTurn(text, edited), edited);
        else await start(failed?.text === text ? sameTurn(failed) : newTurn(newId(), text));
    }

    async function retry(turn) {
        if (!running.isRunning()) await start(sameTurn(turn));
    }

    /* Requests another answer; the previous one stays as an alternative. */
    async function regenerate(turn) {
        if (!running.isRunning() && forkPoint(turn) !== null)
            await start(branchTurn(turn.text, turn));
    }

    /* Sends what could not leave while offline, unless the user has changed it since. */
    async function resendOffline() {
        if (failed?.failure?.code === 'offline' && composer.holds(failed.text)) await retry(failed);
    }

    function branchTurn(text, replaced) {
        return { ...newTurn(newId(), text), afterSeq: forkPoint(replaced) };
    }

    function sameTurn({ id, text, afterSeq }) {
        return { ...newTurn(id, text), afterSeq };
    }

    async function start(turn, edited = null) {
        if (failed?.failure) turns.remove(failed.id);
        turns.remove(turn.id);
        failed = null;
        const parts = { view, composer, current, turns };
        const branch = turn.afterSeq === null ? null : beginBranch(parts, turn.afterSeq, edited);

        storePending(turn, current.id());
        composer.take(turn.text);
        composer.focus(); /* the button that was pressed may be gone */
        await running.run(
            turn,
            (signal) => api.sendTurn(requestBody(turn), signal),
            (ended) => finish(ended, branch),
        );
    }

    /* A null conversation_id starts a new one; without the field the server would use the one that
     * another tab opened last. */
    function requestBody({ id, text, afterSeq }) {
        return {
            message: text,
            turn_id: id,
            conversation_id: current.id(),
            after_seq: afterSeq ?? undefined,
        };
    }

    function finish(turn, branch) {
        if (turn.status !== 'unsaved') forgetPending(turn.id);
        if (turn.failure && branch) branch.restore(turn);
        else if (turn.failure) composer.restore(turn.text);
        else if (turn.afterSeq !== null || turn.seq === null) history.refresh();
        if (turn.failure || turn.status === 'unsaved') failed = turn;
        current.changed();
    }

    /* A conversation was opened; `runningTurn` is the server's { turn_id, text }, or null. */
    function enter(runningTurn) {
        failed = turns.all().findLast((turn) => turn.status === 'interrupted') ?? null;
        if (runningTurn) resume(runningTurn);
        else restorePending();
    }

    /* The page was reloaded during the turn, or another tab sent it. */
    function resume({ turn_id: id, text }) {
        const turn = newTurn(id, text || pendingText(id));
        const connect = (signal) => api.turnEvents(id, signal);

        running.run(turn, connect, (ended) => finish(ended, null));
    }

    /* Messages that were sent before the page was left, and that the server does not have. */
    function restorePending() {
        for (const { id, text, afterSeq } of pendingIn(current.id())) {
            forgetPending(id);
            if (turns.all().some((turn) => turn.id === id)) continue;
            failed = { ...newTurn(id, text), afterSeq };
            composer.restore(text);
        }
    }

    return { enter, regenerate, resendOffline, retry, send };
}
