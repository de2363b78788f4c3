/* running-turn - the turn that is being answered: receives its events and shows them.
 *
 * Only one turn runs at a time. */
import { receiveEvents } from '../net/connection.js';
import { failureFromThrown } from '../net/failure.js';
import { texts } from '../texts/texts.js';
import { createAnnouncer } from '../turn/announcer.js';
import { fail, isOver, step } from '../turn/turn.js';
import { forgetPending, storePending } from './pending.js';

export function createRunningTurn({
    api,
    view,
    composer,
    current,
    turns,
    announce,
    onBudget,
    pause,
}) {
    const announcer = createAnnouncer(announce);
    /** @type {import('../turn/turn.js').Turn | null} */
    let turn = null;
    let connection = null; /* AbortController: aborting it closes the connection */

    /**
     * Resolves when the turn is over or the page has left it.
     *
     * @param {import('../turn/turn.js').Turn} newTurn
     * @param {(signal: AbortSignal) => Promise<Response>} connect
     * @param {(turn: import('../turn/turn.js').Turn) => void} onEnd not called if the page left it
     */
    async function run(newTurn, connect, onEnd) {
        begin(newTurn);
        const { signal } = connection;

        try {
            await receiveEvents({
                connect: () => connect(signal),
                reconnect: () => api.turnEvents(turn.id, signal, turn.bytes),
                onEvent: (event) => {
                    update(step(turn, event));
                    return isOver(turn);
                },
                onLost: () => update({ ...turn, isLost: true }),
                signal,
                pause,
            });
        } catch (thrown) {
            if (!signal.aborted) update(fail(turn, failureFromThrown(thrown)));
        }
        if (!signal.aborted) end(onEnd);
    }

    function begin(newTurn) {
        current.supersede();
        turn = newTurn;
        connection = new AbortController();
        composer.setBusy(true);
        turns.append([turn]);
        view.toEnd();
        announcer.update(turn);
    }

    function update(next) {
        turn = next;
        turns.change(turn.id, turn);
        if (turn.conversation && turn.conversation !== current.id()) {
            current.moveTo(turn.conversation);
            storePending(turn, current.id());
            current.changed();
        }
        if (turn.budget) onBudget(turn.budget);
        announcer.update(turn);
    }

    function end(onEnd) {
        const ended = turn;

        leave();
        onEnd(ended);
    }

    /* Closes the connection; the server goes on with the answer. */
    function leave() {
        turn = null;
        connection?.abort();
        composer.setBusy(false);
    }

    /* Once an event has arrived the server has the message: the page need not keep it. */
    function forgetIfReceived() {
        if (turn && turn.phase !== 'sent') forgetPending(turn.id);
    }

    async function stop() {
        try {
            await api.stopTurn(turn.id);
        } catch {
            composer.stopFailed();
            announce(texts.failed.stop);
        }
    }

    return { forgetIfReceived, isRunning: () => turn !== null, leave, run, stop };
}
