/* Everything around the chat: a server that answers as told, a box, a page, a browser's storage. */
import { webcrypto } from 'node:crypto';
import { beforeEach } from 'node:test';
import { createChat } from '../src/chat.js';
import { Failure } from '../src/failure.js';

export const NEW_SESSION = { chat_history: [], conversation_id: null, running_turn: null };
export const DONE = { type: 'done', data: { status: 'committed', seq: 1 } };
export const ERROR = { type: 'error', data: { code: 'upstream_error', message: 'It broke.' } };

/* What a browser has and nodejs 18 has not. */
globalThis.crypto ??= webcrypto;

/* Each test of a file begins with an empty storage. */
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
        session, asked: [], followed: [], stopped: [], opened: [], chats: [], judged: [], turns: [], box: '', busy: false,
        problem: null, edited: null, pages: {}, rest: [],
        page: () => world.turns.map((turn) => [turn.text, turn.answer, turn.phase]),
    };
    world.changed = () => {};
    world.until = async (isSo) => {
        while (!isSo())
            await new Promise((resolve) => (world.changed = resolve));
    };
    let answer = null;
    let idle = () => {};
    let hangUp = () => {};

    const orFailure = (value) => {
        if (value instanceof Failure)
            throw value;
        return value;
    };
    const api = {
        session: async () => orFailure(world.session),
        openChat: async (id) => {
            world.opened.push(id);
            await world.hold;
        },
        page: async (id, cursor) => orFailure(world.pages[cursor ?? id]),
        stop: async (id) => world.stopped.push(id),
        chat: async (body, signal) => {
            world.asked.push(body);
            signal.addEventListener('abort', () => hangUp(signal.reason));
            return orFailure(answer);
        },
        /* A connection taken up again goes on with the next of `rest`; beyond them the server knows of no turn. */
        events: async (id, signal, after) => {
            world.followed.push(after === undefined ? id : `${id} after ${after}`);
            if (after === undefined)
                return orFailure(answer);
            return orFailure(world.rest.shift() ?? new Failure({ code: 'not_found', status: 404 }));
        },
        feedback: async (id, value) => orFailure(world.refusal ?? world.judged.push([id, value])),
    };
    const view = {
        add: (turn) => world.turns.push(turn),
        addAll: (turns) => world.turns.push(...turns),
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
            world.openAgain = retry;
        },
        addOlder: (turns, hasMore) => {
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
        welcomeIfEmpty() {},
    };
    const composer = {
        enter() {},
        focus() {},
        holds: (text) => world.box === text,
        moveTo() {},
        resumeEdit() {},
        startEdit: (turn, text) => {
            world.edited = turn.id;
            world.box = text;
        },
        giveBack: (text) => {
            world.box = text + world.box;
        },
        take: (text) => {
            world.box = world.box.replace(text, '').trimStart();
        },
        setBusy: (busy) => {
            world.busy = busy;
            if (!busy)
                idle();
        },
    };

    const onBudget = (budget) => {
        world.budget = budget;
    };
    const onChat = (id) => world.chats.push(id);
    const pause = async () => {};
    world.chat = createChat({ api, view, composer, announce() {}, onBudget, onSession() {}, onChat, pause });
    world.answerWith = (events) => {
        answer = events instanceof Failure ? events : streamOf(events);
    };
    world.send = (text, events, edited) => {
        world.answerWith(events);
        return world.chat.send(text, edited);
    };
    /* Once open() is through, an answer that goes on keeps the box busy until it is over. */
    world.open = async (events) => {
        answer = streamOf(events);
        await world.chat.open();
        if (world.busy)
            await new Promise((resolve) => (idle = resolve));
    };
    world.retry = (events) => {
        answer = streamOf(events);
        return world.chat.retry(world.turns.at(-1));
    };
    world.sendEndless = (text, events = []) => {
        let out;
        answer = new Response(new ReadableStream({ start: (controller) => (out = controller) }));
        out.enqueue(new TextEncoder().encode(textOf(events)));
        hangUp = (reason) => out.error(reason);
        return { over: world.chat.send(text) };
    };
    return world;
}

export function streamOf(events) {
    return new Response(textOf(events));
}

function textOf(events) {
    return events.map(({ type, data, id = '' }) => `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`).join('');
}
