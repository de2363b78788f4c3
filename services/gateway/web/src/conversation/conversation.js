/* conversation - the conversation on the page and what the user can do with it.
 *
 * The parts, each with its own state: current.js (which conversation), turn-list.js (its turns),
 * history.js (older turns), running-turn.js (the turn being answered), sender.js (sending and
 * retrying), opener.js (opening). */
import { failureText } from '../net/failure-text.js';
import { failureFromThrown } from '../net/failure.js';
import { forkPoint } from '../turn/alternatives.js';
import { createCurrent } from './current.js';
import { createHistory } from './history.js';
import { createOpener } from './opener.js';
import { createRunningTurn } from './running-turn.js';
import { createSender } from './sender.js';
import { createTurnList } from './turn-list.js';

/**
 * @param {object} options
 * @param {ReturnType<typeof import('../net/api.js').createApi>} options.api
 * @param {any} options.view conversation-view.js
 * @param {any} options.composer composer/composer.js
 * @param {(text: string) => void} options.announce to screen readers
 * @param {(budget: object | null) => void} options.onBudget
 * @param {(session: object) => void} options.onSession
 * @param {(id: string | null) => void} options.onChange see current.js
 * @param {(ms: number) => Promise<void>} [options.pause] for tests, see net/connection.js
 */
export function createConversation(options) {
    const { api, view, composer, announce, onBudget, onSession, onChange, pause } = options;
    const parts = { api, view, composer, announce };
    const current = createCurrent({ composer, onChange });
    const turns = createTurnList(view);
    const history = createHistory({ ...parts, current, turns });
    const running = createRunningTurn({ ...parts, current, turns, onBudget, pause });
    const sender = createSender({ ...parts, current, turns, history, running });
    const opener = createOpener({
        ...parts,
        ...{ current, turns, history, running, sender, onBudget, onSession },
    });

    async function send(text, edited) {
        /* until then the current conversation is unknown */
        if (opener.loading()) await opener.loading();
        await sender.send(text, edited);
    }

    function edit(turn) {
        if (!running.isRunning() && forkPoint(turn) !== null) composer.startEdit(turn, turn.text);
    }

    function editLast() {
        const last = turns.all().findLast((turn) => forkPoint(turn) !== null);
        if (last) edit(last);
    }

    async function rate(turn, value) {
        turns.change(turn.id, { feedback: value });
        try {
            await api.rateTurn(turn.id, value);
        } catch (thrown) {
            turns.change(turn.id, { feedback: turn.feedback });
            announce(failureText(failureFromThrown(thrown)));
        }
    }

    return {
        load: opener.load,
        open: opener.open,
        openAlternative: opener.openAlternative,
        startNew: opener.startNew,
        showOlder: history.showOlder,
        send,
        retry: sender.retry,
        regenerate: sender.regenerate,
        resendOffline: sender.resendOffline,
        stop: running.stop,
        leave: running.leave,
        edit,
        editLast,
        rate,
        isBusy: running.isRunning,
        hasAnswer: () => turns.all().some((turn) => turn.phase === 'done'),
    };
}
