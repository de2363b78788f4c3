/* announcer - tells screen readers about a turn through the live region.
 *
 * Announces each new state once, and the answer paragraph by paragraph instead of word by word. */
import { announcement } from './turn-text.js';
import { isOver } from './turn.js';

const MARKS = /^[-:|\s]+$|[*_`#|~]+/gm; /* a screen reader would spell them out */

export function createAnnouncer(announce) {
    let state = '';
    let announced = 0; /* characters of the answer */
    let id = null;

    function update(turn) {
        /* a turn that is sent again starts over */
        if (turn.id !== id || turn.phase === 'sent') [id, state, announced] = [turn.id, '', 0];
        const text = [newState(turn), newAnswer(turn)].filter(Boolean).join(' ');
        if (text) announce(text);
    }

    function newState(turn) {
        const next = announcement(turn);
        const changed = next !== state;

        state = next;
        return changed && !isOver(turn) ? next : '';
    }

    /* The paragraphs completed since the last call; at the end the rest and the final state. */
    function newAnswer(turn) {
        const end = isOver(turn) ? turn.answer.length : turn.answer.lastIndexOf('\n\n');
        const part = end > announced ? turn.answer.slice(announced, end) : '';
        const plain = part.replace(MARKS, ' ').replace(/\s+/g, ' ').trim();

        announced = Math.max(announced, end);
        return [plain, isOver(turn) && state].filter(Boolean).join(' ');
    }

    return { update };
}
