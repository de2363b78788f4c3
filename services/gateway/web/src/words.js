/* words - what the page says about a failure, the state of a turn, and money. */
import { texts } from './texts.js';

/* Ended in a way that asking again can mend. */
export const ASK_AGAIN = ['unsaved', 'interrupted'];

/* The server's own words where it gave some, in the person's language if that has them; ours where the
 * page found the fault. */
export function reasonOf(failure) {
    const own = texts.errors[failure.code] ?? texts.errors.refused;
    const reason = failure.sentence ? translated(failure) : typeof own === 'function' ? own(failure.status) : own;
    return failure.retryAfter ? `${reason} ${texts.failed.retryAfter(failure.retryAfter)}` : reason;
}

/* What OpenRouter said stands in brackets at the end, and stays in its own words. */
export function translated({ code, sentence }, words = texts.said) {
    const [detail] = /\s\(.*\)$/s.exec(sentence) ?? [''];
    return Object.hasOwn(words, code) ? words[code] + detail : sentence;
}

/* What a turn that waits is waiting for; '' once its answer flows. */
export function waitingFor(turn) {
    if (turn.lost)
        return texts.turn.lost;
    if (turn.phase === 'queued')
        return texts.turn.queued(turn.place);
    if (turn.phase === 'waiting')
        return texts.turn.waiting(turn.wait);
    return { sent: texts.turn.sent, started: texts.turn.started }[turn.phase] ?? '';
}

/* For those who hear the page. */
export function spokenState(turn) {
    if (turn.failure)
        return `${reasonOf(turn.failure)} ${texts.failed.back}`;
    if (turn.phase === 'done')
        return texts.statuses[turn.status] ?? texts.turn.finished;
    return waitingFor(turn) || texts.turn.writing;
}

/* Below an answer: how it ended if that is worth a word, who gave it, its tokens, and what it cost if it did. */
export function finePrintOf(turn) {
    if (turn.phase !== 'done')
        return '';
    const status = ASK_AGAIN.includes(turn.status) ? null : texts.statuses[turn.status];
    const model = turn.answer && turn.model && texts.turn.by(turn.model);
    return [status, model, ...usageOf(turn.usage ?? {})].filter(Boolean).join(' ');
}

function usageOf({ prompt_tokens: prompt, completion_tokens: completion, cost }) {
    return [prompt + completion > 0 && texts.turn.tokens(prompt + completion), cost > 0 && texts.turn.cost(cost)];
}

/* What the session may still spend; '' without a budget. */
export function budgetOf(budget) {
    return budget ? texts.budget(budget.left) : '';
}
