/* What chat promises: nothing a person typed is ever lost, and no message is asked twice. */
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { createChat } from '../src/chat.js';
import { Failure } from '../src/failure.js';

const NEW_SESSION = { chat_history: [], conversation_id: null, running_turn: null };
const DONE = { type: 'done', data: { status: 'committed' } };
const ERROR = { type: 'error', data: { code: 'upstream_error', message: 'It broke.' } };

/* What a browser has and nodejs 18 has not. */
globalThis.crypto ??= webcrypto;

beforeEach(() => {
    const items = new Map();
    globalThis.localStorage = {
        getItem: (name) => items.get(name) ?? null,
        setItem: (name, value) => items.set(name, value),
        removeItem: (name) => items.delete(name),
    };
});

test('an answer flows into the page', async () => {
    const world = openWorld();
    await world.send('oil?', [{ type: 'started', data: { conversation_id: 'c' } }, delta('Once '), delta('a year'), DONE]);

    assert.deepEqual(world.page(), [['oil?', 'Once a year', 'done']]);
    assert.equal(world.box, '');
    assert.equal(world.busy, false);

    await world.send('and tyres?', [DONE]);
    assert.deepEqual(world.asked.map((body) => body.conversation_id), [undefined, 'c']);
});

test('a failed message goes back to the box, whatever failed', async () => {
    for (const events of [[ERROR], [delta('half'), ERROR], [delta('half')], [], new Failure({ code: 'offline' })]) {
        const world = openWorld();
        await world.send('oil?', events);

        assert.equal(world.box, 'oil?');
        assert.equal(world.page()[0][2], 'failed');
        assert.equal(world.busy, false);
    }
});

test('a stream that ends without an end is a failure', async () => {
    const world = openWorld();
    await world.send('oil?', [delta('Once a')]);
    assert.equal(world.turns[0].failure.code, 'cut');
});

test('the same message goes out again under the same id, another under its own', async () => {
    const world = openWorld();
    await world.send('oil?', [ERROR]);
    await world.send('oil?', [ERROR]);
    await world.send('oil? And tyres?', [DONE]);

    const ids = world.asked.map((body) => body.turn_id);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[1], ids[2]);
    assert.deepEqual(world.page(), [['oil? And tyres?', '', 'done']]);
});

test('retry asks for the failed message and leaves what was typed since', async () => {
    const world = openWorld();
    await world.send('oil?', [ERROR]);
    world.box = 'oil?\n\nsomething else';
    await world.retry([DONE]);

    assert.equal(world.asked[0].turn_id, world.asked[1].turn_id);
    assert.equal(world.asked[1].message, 'oil?');
    assert.equal(world.box, 'something else');
    assert.deepEqual(world.page(), [['oil?', '', 'done']]);
});

test('an unsaved answer stays and can be asked again', async () => {
    const world = openWorld();
    await world.send('oil?', [delta('Yearly'), { type: 'done', data: { status: 'unsaved' } }]);
    assert.equal(world.box, '');
    await world.retry([DONE]);
    assert.equal(world.asked[0].turn_id, world.asked[1].turn_id);
});

test('a page left in mid-answer takes nothing back that the server kept', async () => {
    const world = openWorld();
    const turn = world.sendEndless('oil?');
    world.chat.leave();
    await turn.over;
    assert.equal(world.box, '');
    assert.equal(world.page()[0][2], 'sent');

    const id = world.asked[0].turn_id;
    const kept = openWorld({ ...NEW_SESSION, chat_history: [{ turn_id: id, role: 'user', content: 'oil?' }] });
    await kept.chat.open();
    assert.equal(kept.box, '');
    assert.deepEqual(kept.page(), [['oil?', '', 'done']]);
});

test('a page opened in mid-answer shows the same answer going on', async () => {
    const world = openWorld({ ...NEW_SESSION, running_turn: { turn_id: 't', text: 'oil?' } });
    await world.open([{ type: 'started', data: { conversation_id: 'c' } }, delta('Once a year'), DONE]);

    assert.deepEqual(world.page(), [['oil?', 'Once a year', 'done']]);
    assert.deepEqual([world.followed, world.asked.length, world.box], [['t'], 0, '']);

    await world.send('and tyres?', [DONE]);
    assert.equal(world.asked[0].conversation_id, 'c');
});

test('an answer that breaks off after a reload gives the message back', async () => {
    const world = openWorld({ ...NEW_SESSION, running_turn: { turn_id: 't', text: 'oil?' } });
    await world.open([delta('Once a'), { type: 'error', data: { code: 'interrupted' } }]);
    assert.equal(world.box, 'oil?');

    await world.retry([DONE]);
    assert.equal(world.asked[0].turn_id, 't');
});

test('a page left in mid-answer takes back what the server did not keep', async () => {
    const world = openWorld();
    const turn = world.sendEndless('oil?');
    world.chat.leave();

    const later = openWorld();
    await later.chat.open();
    assert.equal(later.box, 'oil?');
    await later.send('oil?', [DONE]);
    assert.equal(later.asked[0].turn_id, world.asked[0].turn_id);
});

test('a chat that cannot be opened says so and can be opened later', async () => {
    const world = openWorld(new Failure({ code: 'offline' }));
    await world.chat.open();
    assert.equal(world.problem.code, 'offline');

    world.session = { ...NEW_SESSION, chat_history: [{ turn_id: 'a', role: 'user', content: 'oil?' }] };
    await world.openAgain();
    assert.equal(world.problem, null);
    assert.deepEqual(world.page(), [['oil?', '', 'done']]);
});

test('stop names the turn that runs', async () => {
    const world = openWorld();
    const turn = world.sendEndless('oil?');
    await world.chat.stop();
    assert.deepEqual(world.stopped, [world.asked[0].turn_id]);
    world.chat.leave();
});

test('what is left of a budget is told on opening and after each answer', async () => {
    const world = openWorld({ ...NEW_SESSION, budget: { left: 0.42 } });
    await world.chat.open();
    assert.deepEqual(world.budget, { left: 0.42 });

    await world.send('oil?', [{ type: 'done', data: { status: 'committed', budget: { left: 0.4 } } }]);
    assert.deepEqual(world.budget, { left: 0.4 });
    await world.send('tyres?', [ERROR]);
    assert.deepEqual(world.budget, { left: 0.4 });

    world.session = NEW_SESSION;
    await world.chat.open();
    assert.equal(world.budget, null);
});

const historyOf = (...ids) => ids.map((id) => ({ turn_id: id, role: 'user', content: id }));

test('older messages come before those shown, page by page', async () => {
    const world = openWorld({ ...NEW_SESSION, conversation_id: 'c', chat_history: historyOf('t3'), more: '3' });
    world.pages = { 3: { chat_history: historyOf('t2'), more: '2' }, 2: { chat_history: historyOf('t1'), more: null } };

    await world.chat.open();
    assert.equal(world.hasMore, true);
    await Promise.all([world.chat.showOlder(), world.chat.showOlder()]); /* one page, however often asked for */
    assert.deepEqual(world.turns.map((turn) => turn.id), ['t2', 't3']);
    await world.chat.showOlder();
    assert.deepEqual(world.turns.map((turn) => turn.id), ['t1', 't2', 't3']);
    assert.equal(world.hasMore, false);
});

test('a chat opened at a turn shows as many pages as it takes', async () => {
    const world = openWorld({ ...NEW_SESSION, conversation_id: 'c', chat_history: historyOf('t9'), more: '9' });
    world.pages = { 9: { chat_history: historyOf('t8'), more: '8' }, 8: { chat_history: historyOf('t7'), more: '7' } };

    await world.chat.openConversation('c', 't7');
    assert.deepEqual([world.opened, world.revealed, world.hasMore], [['c'], 't7', true]);
});

test('older messages that cannot be had end the search for a turn', async () => {
    const world = openWorld({ ...NEW_SESSION, conversation_id: 'c', chat_history: historyOf('t9'), more: '9' });
    world.pages = { 9: new Failure({ code: 'offline' }) };

    await world.chat.openConversation('c', 't7');
    assert.deepEqual(world.turns.map((turn) => turn.id), ['t9']);
});

test('of two chats opened at once only the later one is shown', async () => {
    const world = openWorld({ ...NEW_SESSION, conversation_id: 'c', chat_history: historyOf('t1') });
    let release;
    world.hold = new Promise((resolve) => (release = resolve));

    const early = world.chat.openConversation('a');
    world.hold = null;
    await world.chat.openConversation('b');
    release();
    await early;
    assert.deepEqual(world.turns.map((turn) => turn.id), ['t1']);
});

test('a message that is being answered does not follow into another chat', async () => {
    const world = openWorld();
    const { over } = world.sendEndless('oil?', [{ type: 'started', data: { conversation_id: 'c' } }]);

    await world.until(() => world.turns[0]?.phase === 'started');
    await world.chat.openConversation('b');
    await over;
    assert.deepEqual([world.box, world.page(), world.busy], ['', [], false]);
    assert.deepEqual(world.chats, ['c', null]);
});

function delta(text) {
    return { type: 'delta', data: { text } };
}

/* Everything around the chat: a server that answers as told, a box, a page. */
function openWorld(session = NEW_SESSION) {
    const world = {
        session, asked: [], followed: [], stopped: [], opened: [], chats: [], turns: [], box: '', busy: false, problem: null,
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
        page: async (id, cursor) => orFailure(world.pages[cursor]),
        stop: async (id) => world.stopped.push(id),
        chat: async (body, signal) => {
            world.asked.push(body);
            signal.addEventListener('abort', () => hangUp(signal.reason));
            return orFailure(answer);
        },
        events: async (id) => {
            world.followed.push(id);
            return orFailure(answer);
        },
    };
    const view = {
        add: (turn) => world.turns.push(turn),
        set: (turn) => {
            world.changed();
            world.turns = world.turns.map((old) => (old.id === turn.id ? turn : old));
        },
        remove: (id) => {
            world.turns = world.turns.filter((turn) => turn.id !== id);
        },
        clear: () => {
            world.turns = [];
            world.problem = null;
        },
        showProblem: (failure, retry) => {
            world.problem = failure;
            world.openAgain = retry;
        },
        addOlder: (turns, hasMore) => {
            world.turns = [...turns, ...world.turns];
            world.hasMore = hasMore;
        },
        has: (id) => world.turns.some((turn) => turn.id === id),
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
        focus() {},
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
    world.chat = createChat({ api, view, composer, announce() {}, onBudget, onSession() {}, onChat: (id) => world.chats.push(id) });
    world.send = (text, events) => {
        answer = events instanceof Failure ? events : streamOf(events);
        return world.chat.send(text);
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

function streamOf(events) {
    return new Response(textOf(events));
}

function textOf(events) {
    return events.map(({ type, data }) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join('');
}
