/* turn - one message and its answer, as far as the page knows.
 *
 *   sent -> queued* | waiting* -> started -> writing -> done | retracted | failed
 *
 * Pure: an event goes in, the next turn comes out.  Exactly one of the last three ends a turn; what
 * comes after it changes nothing.  An answer from history is a turn that is already done. */
import { waysAt } from './branches.js';
import { Failure, failureOfEvent } from './failure.js';

/* afterSeq: this turn begins a branch there.  lost: its connection broke and is sought again, from `bytes` on. */
export function newTurn(id, text) {
    return {
        id, text, phase: 'sent', place: 0, wait: 0, answer: '', model: null, usage: null, budget: null, status: null,
        failure: null, seq: null, afterSeq: null, ways: null, feedback: 0, lost: false, bytes: 0,
    };
}

export function isOver(turn) {
    return ['done', 'retracted', 'failed'].includes(turn.phase);
}

/* Is all of its answer there?  One that grows, or that broke off, may end within a mark. */
export function isWhole({ phase, status }) {
    return phase === 'done' && status !== 'stopped' && status !== 'interrupted';
}

/* Events of a kind that this page does not know come from a newer server and are skipped. */
export function step(turn, { type, data = {}, id = '' }) {
    if (isOver(turn) || !Object.hasOwn(steps, type))
        return turn;
    return { ...turn, lost: false, bytes: bytesOf(id) ?? turn.bytes, ...steps[type](turn, data) };
}

/* An event's id is "<turn>:<bytes of the answer so far>". */
function bytesOf(id) {
    const bytes = Number(/:(\d+)$/.exec(id)?.[1] ?? NaN);
    return Number.isNaN(bytes) ? null : bytes;
}

export function fail(turn, failure) {
    return isOver(turn) ? turn : { ...turn, phase: 'failed', failure };
}

const steps = {
    queued: (turn, { position }) => ({ phase: 'queued', place: Number(position) || 0 }),
    waiting: (turn, { retry_after }) => ({ phase: 'waiting', wait: Number(retry_after) || 0 }),
    started: (turn, { model, conversation_id }) => ({
        phase: 'started',
        model: model ?? turn.model,
        conversation: conversation_id ?? null,
    }),
    delta: (turn, { text }) =>
        typeof text === 'string'
            ? { phase: 'writing', answer: turn.answer + text }
            : { phase: 'failed', failure: new Failure({ code: 'bad_answer' }) },
    retracted: (turn, { reason }) => ({
        phase: 'retracted',
        answer: '',
        failure: new Failure({ code: 'retracted', message: typeof reason === 'string' ? reason : null }),
    }),
    done: (turn, { status, model, usage, budget, seq }) => ({
        phase: 'done',
        status: status ?? 'committed',
        model: model ?? turn.model,
        usage: usage ?? null,
        budget: budget ?? null,
        seq: seq ?? null,
    }),
    error: (turn, data) => ({ phase: 'failed', failure: failureOfEvent(data) }),
};

/* The turns of a page of history: rows that carry the same turn_id belong together. */
export function turnsOfHistory(rows, branches = []) {
    const turns = new Map();

    for (const row of rows) {
        const turn = turns.get(row.turn_id) ?? { ...newTurn(row.turn_id, ''), phase: 'done' };
        if (row.role === 'user')
            turn.text = row.content;
        else
            turn.answer = row.content;
        turn.status = row.status ?? turn.status;
        turn.model = row.model ?? turn.model;
        turn.usage = row.usage ?? turn.usage;
        turn.seq = row.seq ?? turn.seq;
        turn.feedback = row.feedback ?? turn.feedback;
        turns.set(row.turn_id, turn);
    }
    return [...turns.values()].map((turn) => ({ ...turn, ways: waysAt(branches, turn.seq) }));
}
