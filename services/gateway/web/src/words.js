/* words - what the page says about a failure and about the state of a turn. */
import { texts } from './texts.js';

/* The server's own words where it gave some, ours where the page found the fault. */
export function reasonOf(failure) {
    const own = texts.errors[failure.code] ?? texts.errors.refused;
    const reason = failure.sentence ?? (typeof own === 'function' ? own(failure.status) : own);
    return failure.retryAfter ? `${reason} ${texts.failed.retryAfter(failure.retryAfter)}` : reason;
}

/* What a turn that waits is waiting for; '' once its answer flows. */
export function waitingFor(turn) {
    if (turn.phase === 'queued')
        return texts.turn.queued(turn.place);
    return { sent: texts.turn.sent, started: texts.turn.started }[turn.phase] ?? '';
}

/* For those who hear the page: each new state once, the answer when it is whole. */
export function spoken(turn) {
    if (turn.failure)
        return `${reasonOf(turn.failure)} ${texts.failed.back}`;
    if (turn.phase === 'done')
        return [texts.statuses[turn.status] ?? texts.turn.finished, turn.answer].join(' ');
    return waitingFor(turn) || texts.turn.writing;
}
