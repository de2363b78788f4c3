/* turn - one message and its answer: a state machine.
 *
 *   sent -> queued* | waiting* -> started -> writing -> done | retracted | failed
 *
 * Pure: takes an event, returns the next turn.  Exactly one of the last three phases ends a turn;
 * later events change nothing.  A turn from history is already done. */
import { Failure, failureFromEvent } from '../net/failure.js';
import { alternativesAt } from './alternatives.js';

/**
 * @typedef {object} Turn
 * @property {string} id
 * @property {string} text the user's message
 * @property {string} phase
 * @property {number} position in the queue
 * @property {number} wait seconds until the model is tried again
 * @property {string} answer as far as it has arrived
 * @property {string | null} model
 * @property {object | null} usage tokens and cost
 * @property {object | null} budget what the session may still spend
 * @property {string | null} status how a turn that is done ended
 * @property {Failure | null} failure
 * @property {number | null} seq its number in the conversation
 * @property {number | null} afterSeq the turn begins a branch after this number
 * @property {object | null} alternatives see alternatives.js
 * @property {number} feedback the user's rating: -1, 0 or 1
 * @property {boolean} isLost the connection broke and is being re-established
 * @property {number} bytes of the answer that arrived: where to resume
 * @property {string | null} conversation the conversation it belongs to, once known
 */

/** @returns {Turn} */
export function newTurn(id, text) {
    return {
        id,
        text,
        phase: 'sent',
        position: 0,
        wait: 0,
        answer: '',
        model: null,
        usage: null,
        budget: null,
        status: null,
        failure: null,
        seq: null,
        afterSeq: null,
        alternatives: null,
        feedback: 0,
        isLost: false,
        bytes: 0,
        conversation: null,
    };
}

/** @param {Turn} turn */
export function isOver(turn) {
    return ['done', 'retracted', 'failed'].includes(turn.phase);
}

/**
 * Is the answer complete?  An incomplete one may end inside a Markdown construct.
 *
 * @param {Turn} turn
 */
export function isComplete({ phase, status }) {
    return phase === 'done' && status !== 'stopped' && status !== 'interrupted';
}

/**
 * The turn after an event.  Unknown event types come from a newer server and are skipped.
 *
 * @param {Turn} turn
 * @param {{ type: string, data?: object, id?: string }} event
 * @returns {Turn}
 */
export function step(turn, { type, data = {}, id = '' }) {
    if (isOver(turn) || !Object.hasOwn(steps, type)) return turn;
    const bytes = bytesFromId(id) ?? turn.bytes;
    return { ...turn, isLost: false, bytes, ...steps[type](turn, data) };
}

/* An event's id is "<turn>:<bytes of the answer so far>". */
function bytesFromId(id) {
    const bytes = Number(/:(\d+)$/.exec(id)?.[1] ?? NaN);
    return Number.isNaN(bytes) ? null : bytes;
}

/**
 * @param {Turn} turn
 * @param {Failure} failure
 * @returns {Turn}
 */
export function fail(turn, failure) {
    return isOver(turn) ? turn : { ...turn, phase: 'failed', failure };
}

const steps = {
    queued: (turn, { position }) => ({ phase: 'queued', position: Number(position) || 0 }),
    waiting: (turn, { retry_after }) => ({ phase: 'waiting', wait: Number(retry_after) || 0 }),
    started: (turn, { model, conversation_id }) => ({
        phase: 'started',
        model: model ?? turn.model,
        conversation: conversation_id ?? null,
    }),
    delta: (turn, { text }) =>
        typeof text === 'string'
            ? { phase: 'writing', answer: turn.answer + text }
            : { phase: 'failed', failure: new Failure({ code: 'bad_response' }) },
    retracted: (turn, { reason }) => ({
        phase: 'retracted',
        answer: '',
        failure: new Failure({
            code: 'retracted',
            message: typeof reason === 'string' ? reason : null,
        }),
    }),
    done: (turn, { status, model, usage, budget, seq }) => ({
        phase: 'done',
        status: status ?? 'committed',
        model: model ?? turn.model,
        usage: usage ?? null,
        budget: budget ?? null,
        seq: seq ?? null,
    }),
    error: (turn, data) => ({ phase: 'failed', failure: failureFromEvent(data) }),
};

/**
 * The turns of a page of history: rows with the same turn_id belong together.
 *
 * @returns {Turn[]}
 */
export function turnsFromHistory(rows, branches = []) {
    const turns = new Map();

    for (const row of rows) {
        const turn = turns.get(row.turn_id) ?? { ...newTurn(row.turn_id, ''), phase: 'done' };
        if (row.role === 'user') turn.text = row.content;
        else turn.answer = row.content;
        turn.status = row.status ?? turn.status;
        turn.model = row.model ?? turn.model;
        turn.usage = row.usage ?? turn.usage;
        turn.seq = row.seq ?? turn.seq;
        turn.feedback = row.feedback ?? turn.feedback;
        turns.set(row.turn_id, turn);
    }
    return [...turns.values()].map((turn) => ({
        ...turn,
        alternatives: alternativesAt(branches, turn.seq),
    }));
}
