/* speaker - what those who hear the page are told of a turn (the live region).
 *
 * Each new state once, and the answer as it comes: a paragraph when it is whole, not every word. */
import { isOver } from './turn.js';
import { spokenState } from './words.js';

const MARKS = /^[-:|\s]+$|[*_`#|~]+/gm; /* a reader would spell them out */

export function createSpeaker(announce) {
    let state = '';
    let said = 0; /* characters of the answer */
    let id = null;

    function say(turn) {
        if (turn.id !== id || turn.phase === 'sent') /* asked again it is a new one */
            [id, state, said] = [turn.id, '', 0];
        const words = [newsOf(turn), partOf(turn)].filter(Boolean).join(' ');
        if (words)
            announce(words);
    }

    function newsOf(turn) {
        const now = spokenState(turn);
        const isNews = now !== state;

        state = now;
        return isNews && !isOver(turn) ? now : '';
    }

    /* The paragraphs that became whole; at the end the rest, and how it ended. */
    function partOf(turn) {
        const until = isOver(turn) ? turn.answer.length : turn.answer.lastIndexOf('\n\n');
        const part = until > said ? turn.answer.slice(said, until) : '';

        said = Math.max(said, until);
        return [part.replace(MARKS, ' ').replace(/\s+/g, ' ').trim(), isOver(turn) && state].filter(Boolean).join(' ');
    }

    return { say };
}
