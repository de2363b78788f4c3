/* world - fakes of everything around a conversation: server, message box, view, storage. */
import { webcrypto } from 'node:crypto';
import { beforeEach } from 'node:test';
import { createConversation } from '../src/conversation/conversation.js';
import { Failure } from '../src/net/failure.js';

export const NEW_SESSION = { chat_history: [], conversation_id: null, running_turn: null };
export const DONE = { type: 'done', data: { status: 'committed', seq: 1 } };
export const ERROR = { type: 'error', data: { code: 'upstream_error', message: 'It broke.' } };

/* Missing in Node.js 18. */
globalThis.crypto ??= webcrypto;

/* Each test of the file starts with an empty storage. */
export function useStorage() {
    beforeEach(() => {
        const items = new Map();
        globalThis.localStorage = {
            getItem: (name) => items.get(name) ?? null,
            setItem: (name, value) => items.set(name, value),
            removeItem: (name) => items.delete(name),
        };
    });
}

export function delta(text) {
    return { type: 'delta', data: { text } };
}

export function openWorld(session = NEW_SESSION) {
    const world = {
        session,
        requests: [],
        followed: [],
        stopped: [],
        opened: [],
        changes: [],
        rated: [],
        turns: [],
        box: '',
        busy: false,
        problem: null,
        edited: null,
        pages: {},
        rest: [],
        changed: () => {},
        idle: () => {},
        disconnect: () => {},
        page: () => world.turns.map((turn) => [turn.text, turn.answer, turn.phase]),
        until: async (condition) => {
            while (!condition()) await new Promise((resolve) => (world.changed = resolve));
        },
    };

    world.conversation = createConversation({
        api: fakeApi(world),
        view: fakeView(world),
        composer: fakeComposer(world),
        announce() {},
        onBudget: (budget) => (world.budget = budget),
        onSession() {},
        onChange: (id) => world.changes.push(id),
        pause: async () => {},
    });
    return Object.assign(world, actionsOf(world));
}

/* What a test does: each sets the server's answer first. */
function actionsOf(world) {
    const respondWith = (events) => {
        world.answer = events instanceof Failure ? events : streamOf(events);
    };

    return {
        respondWith,
        send: (text, events, edited) => {
            respondWith(events);
            return world.conversation.send(text, edited);
        },
        retry: (events) => {
            respondWith(events);
            return world.conversation.retry(world.turns.at(-1));
        },
        /* A turn that was running keeps the composer busy until it is over. */
        load: async (events) => {
            respondWith(events);
            await world.conversation.load();
            if (world.busy) await new Promise((resolve) => (world.idle = resolve));
        },
        sendEndless: (text, events = []) => {
            let out;
            const start = (controller) => (out = controller);
            world.answer = new Response(new ReadableStream({ start }));
            out.enqueue(new TextEncoder().encode(textOf(events)));
            world.disconnect = (reason) => out.error(reason);
            return { over: world.conversation.send(text) };
        },
    };
}

function fakeApi(world) {
    const orFailure = (value) => {
        if (value instanceof Failure) throw value;
        return value;
    };

    return {
        session: async () => orFailure(world.session),
        openConversation: async (id) => {
            world.opened.push(id);
            await world.hold;
        },
        historyPage: async (id, cursor) => orFailure(world.pages[cursor ?? id]),
        stopTurn: async (id) => world.stopped.push(id),
        sendTurn: async (body, signal) => {
            world.requests.push(body);
            signal.addEventListener('abort', () => world.disconnect(signal.reason));
            return orFailure(world.answer);
        },
        /* A reconnection gets the next of `rest`; after those the server does not know the turn. */
        turnEvents: async (id, signal, after) => {
            world.followed.push(after === undefined ? id : `${id} after ${after}`);
            if (after === undefined) return orFailure(world.answer);
            const unknown = new Failure({ code: 'not_found', status: 404 });
            return orFailure(world.rest.shift() ?? unknown);
        },
        rateTurn: async (id, value) => orFailure(world.refusal ?? world.rated.push([id, value])),
    };
}

function fakeView(world) {
    return {
        append: (turns) => world.turns.push(...turns),
        set: (turn) => {
            world.turns = world.turns.map((old) => (old.id === turn.id ? turn : old));
            world.changed();
        },
        remove: (id) => {
            world.turns = world.turns.filter((turn) => turn.id !== id);
        },
        clear: () => {
            world.turns = [];
            world.problem = null;
        },
        showProblem: (failure, retry) => {
            world.turns = [];
            world.problem = failure;
            world.retryOpen = retry;
        },
        prepend: (turns, hasMore) => {
            world.turns = [...turns, ...world.turns];
            world.hasMore = hasMore;
        },
        reveal: (id) => {
            world.revealed = id;
        },
        showOlderButton: (hasMore) => {
            world.hasMore = hasMore;
        },
        toEnd() {},
        showWelcomeIfEmpty() {},
    };
}

function fakeComposer(world) {
    return {
        enter() {},
        focus() {},
        holds: (text) => world.box === text,
        moveTo() {},
        resumeEdit() {},
        startEdit: (turn, text) => {
            world.edited = turn.id;
            world.box = text;
        },
        restore: (text) => {
            world.box = text + world.box;
        },
        take: (text) => {
            world.box = world.box.replace(text, '').trimStart();
        },
        setBusy: (busy) => {
            world.busy = busy;
            if (!busy) world.idle();
        },
    };
}

export function streamOf(events) {
    return new Response(textOf(events));
}

function textOf(events) {
    return events
        .map(
            ({ type, data, id = '' }) =>
                `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`,
        )
        .join('');
}
