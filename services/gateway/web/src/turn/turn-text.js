/* turn-text - the texts for the state of a turn: on the page, and for screen readers. */
import { failureText } from '../net/failure-text.js';
import { texts } from '../texts/texts.js';

/* The turn is done, but sending the message again may help. */
export const RETRY_STATUSES = ['unsaved', 'interrupted'];

/* What the turn is waiting for; '' once its answer arrives. */
export function waitingText(turn) {
    if (turn.isLost) return texts.turn.lost;
    if (turn.phase === 'queued') return texts.turn.queued(turn.position);
    if (turn.phase === 'waiting') return texts.turn.waiting(turn.wait);
    return { sent: texts.turn.sent, started: texts.turn.started }[turn.phase] ?? '';
}

/* The state for screen readers. */
export function announcement(turn) {
    if (turn.failure) return `${failureText(turn.failure)} ${texts.failed.restored}`;
    if (turn.phase === 'done') return texts.statuses[turn.status] ?? texts.turn.finished;
    return waitingText(turn) || texts.turn.writing;
}

/* The line below an answer: an unusual end, the model, the tokens, and the cost if any. */
export function detailsText(turn) {
    if (turn.phase !== 'done') return '';
    const status = RETRY_STATUSES.includes(turn.status) ? null : texts.statuses[turn.status];
    const model = turn.answer && turn.model && texts.turn.by(turn.model);
    return [status, model, ...usageTexts(turn.usage ?? {})].filter(Boolean).join(' ');
}

function usageTexts({ prompt_tokens: prompt, completion_tokens: completion, cost }) {
    const tokens = prompt + completion;
    return [tokens > 0 && texts.turn.tokens(tokens), cost > 0 && texts.turn.cost(cost)];
}
