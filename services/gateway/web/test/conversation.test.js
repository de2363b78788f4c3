/* conversation: no text that the user typed is lost, and no message is sent to the model twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../src/net/failure.js';
import { delta, DONE, ERROR, NEW_SESSION, openWorld, useStorage } from './world.js';

useStorage();

test('an answer is shown as it arrives', async () => {
    const world = openWorld();
    await world.send('oil?', [
        { type: 'started', data: { conversation_id: 'c' } },
        delta('Once '),
        delta('a year'),
        DONE,
    ]);

    assert.deepEqual(world.page(), [['oil?', 'Once a year', 'done']]);
    assert.equal(world.box, '');
    assert.equal(world.busy, false);

    await world.send('and tyres?', [DONE]);
    assert.deepEqual(
        world.requests.map((body) => body.conversation_id),
        [null, 'c'],
        'a new conversation, then its id',
    );
});

test('a message sent before the conversation is loaded waits for it', async () => {
    const world = openWorld({
        ...NEW_SESSION,
        conversation_id: 'c',
        chat_history: [{ turn_id: 'a', role: 'user', content: 'tyres?' }],
    });
    const opened = world.conversation.load();
    await world.send('oil?', [DONE]);
    await opened;

    assert.equal(world.requests[0].conversation_id, 'c');
    assert.deepEqual(
        world.page().map(([text]) => text),
        ['tyres?', 'oil?'],
    );
});

test('a failed message is put back into the box, whatever failed', async () => {
    for (const events of [
        [ERROR],
        [delta('half'), ERROR],
        [delta('half')],
        [],
        new Failure({ code: 'offline' }),
    ]) {
        const world = openWorld();
        await world.send('oil?', events);

        assert.equal(world.box, 'oil?');
        assert.equal(world.page()[0][2], 'failed');
        assert.equal(world.busy, false);
    }
});

test('a stream without a final event is a failure', async () => {
    const world = openWorld();
    await world.send('oil?', [delta('Once a')]);
    assert.equal(world.turns[0].failure.code, 'connection_lost');
});

test('the same message keeps its id, a different one gets a new id', async () => {
    const world = openWorld();
    await world.send('oil?', [ERROR]);
    await world.send('oil?', [ERROR]);
    await world.send('oil? And tyres?', [DONE]);

    const ids = world.requests.map((body) => body.turn_id);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[1], ids[2]);
    assert.deepEqual(world.page(), [['oil? And tyres?', '', 'done']]);
});

test('retry sends the failed message and keeps what was typed since', async () => {
    const world = openWorld();
    await world.send('oil?', [ERROR]);
    world.box = 'oil?\n\nsomething else';
    await world.retry([DONE]);

    assert.equal(world.requests[0].turn_id, world.requests[1].turn_id);
    assert.equal(world.requests[1].message, 'oil?');
    assert.equal(world.box, 'something else');
    assert.deepEqual(world.page(), [['oil?', '', 'done']]);
});

test('an unsaved answer stays and can be requested again', async () => {
    const world = openWorld();
    await world.send('oil?', [delta('Yearly'), { type: 'done', data: { status: 'unsaved' } }]);
    assert.equal(world.box, '');
    await world.retry([DONE]);
    assert.equal(world.requests[0].turn_id, world.requests[1].turn_id);
});

test('a reload restores the question of an unsaved answer until it is sent again', async () => {
    const world = openWorld();
    await world.send('oil?', [delta('Yearly'), { type: 'done', data: { status: 'unsaved' } }]);

    const later = openWorld();
    await later.conversation.load();
    assert.equal(later.box, 'oil?');
    await later.send('oil?', [DONE]);
    assert.equal(later.requests[0].turn_id, world.requests[0].turn_id);

    const last = openWorld();
    await last.conversation.load();
    assert.equal(last.box, '');
});

test('a message pending in one conversation survives one sent in another', async () => {
    const world = openWorld();
    world.sendEndless('oil?');
    world.conversation.leave();

    const other = openWorld({ ...NEW_SESSION, conversation_id: 'b' });
    await other.conversation.load();
    await other.send('tyres?', [DONE]);
    assert.equal(other.box, '');

    const later = openWorld();
    await later.conversation.load();
    assert.equal(later.box, 'oil?');
});

test('a page left during an answer does not restore a message that the server has', async () => {
    const world = openWorld();
    const turn = world.sendEndless('oil?');
    world.conversation.leave();
    await turn.over;
    assert.equal(world.box, '');
    assert.equal(world.page()[0][2], 'sent');

    const id = world.requests[0].turn_id;
    const kept = openWorld({
        ...NEW_SESSION,
        chat_history: [{ turn_id: id, role: 'user', content: 'oil?' }],
    });
    await kept.conversation.load();
    assert.equal(kept.box, '');
    assert.deepEqual(kept.page(), [['oil?', '', 'done']]);
});

test('a page opened during an answer resumes it', async () => {
    const world = openWorld({ ...NEW_SESSION, running_turn: { turn_id: 't', text: 'oil?' } });
    await world.load([
        { type: 'started', data: { conversation_id: 'c' } },
        delta('Once a year'),
        DONE,
    ]);

    assert.deepEqual(world.page(), [['oil?', 'Once a year', 'done']]);
    assert.deepEqual([world.followed, world.requests.length, world.box], [['t'], 0, '']);

    await world.send('and tyres?', [DONE]);
    assert.equal(world.requests[0].conversation_id, 'c');
});

test('an answer that fails after a reload restores the message', async () => {
    const world = openWorld({ ...NEW_SESSION, running_turn: { turn_id: 't', text: 'oil?' } });
    await world.load([delta('Once a'), { type: 'error', data: { code: 'interrupted' } }]);
    assert.equal(world.box, 'oil?');

    await world.retry([DONE]);
    assert.equal(world.requests[0].turn_id, 't');
});

test('a page left during an answer restores a message that the server does not have', async () => {
    const world = openWorld();
    world.sendEndless('oil?');
    world.conversation.leave();

    const later = openWorld();
    await later.conversation.load();
    assert.equal(later.box, 'oil?');
    await later.send('oil?', [DONE]);
    assert.equal(later.requests[0].turn_id, world.requests[0].turn_id);
});

test('a conversation that cannot be opened shows the problem and can be opened later', async () => {
    const world = openWorld(new Failure({ code: 'offline' }));
    await world.conversation.load();
    assert.equal(world.problem.code, 'offline');

    world.session = {
        ...NEW_SESSION,
        chat_history: [{ turn_id: 'a', role: 'user', content: 'oil?' }],
    };
    await world.retryOpen();
    assert.equal(world.problem, null);
    assert.deepEqual(world.page(), [['oil?', '', 'done']]);
});

test('a conversation that cannot be opened shows nothing of the previous one', async () => {
    const world = openWorld({
        ...NEW_SESSION,
        conversation_id: 'c',
        chat_history: historyOf('t9'),
        more: '9',
    });
    world.pages = { 9: { chat_history: historyOf('t8'), more: null } };
    await world.conversation.load();
    world.hold = Promise.reject(new Failure({ code: 'offline' }));
    await world.conversation.open('b', 't7');
    assert.deepEqual([world.problem.code, world.turns], ['offline', []]);
});

test('stop names the running turn', async () => {
    const world = openWorld();
    world.sendEndless('oil?');
    await world.conversation.stop();
    assert.deepEqual(world.stopped, [world.requests[0].turn_id]);
    world.conversation.leave();
});

test('the remaining budget is shown on opening and after each answer', async () => {
    const world = openWorld({ ...NEW_SESSION, budget: { left: 0.42 } });
    await world.conversation.load();
    assert.deepEqual(world.budget, { left: 0.42 });

    await world.send('oil?', [
        { type: 'done', data: { status: 'committed', budget: { left: 0.4 } } },
    ]);
    assert.deepEqual(world.budget, { left: 0.4 });
    await world.send('tyres?', [ERROR]);
    assert.deepEqual(world.budget, { left: 0.4 });

    world.session = NEW_SESSION;
    await world.conversation.load();
    assert.equal(world.budget, null);
});

const historyOf = (...ids) => ids.map((id) => ({ turn_id: id, role: 'user', content: id }));

test('older messages are added before those shown, page by page', async () => {
    const world = openWorld({
        ...NEW_SESSION,
        conversation_id: 'c',
        chat_history: historyOf('t3'),
        more: '3',
    });
    world.pages = {
        3: { chat_history: historyOf('t2'), more: '2' },
        2: { chat_history: historyOf('t1'), more: null },
    };

    await world.conversation.load();
    assert.equal(world.hasMore, true);
    await Promise.all([
        world.conversation.showOlder(),
        world.conversation.showOlder(),
    ]); /* one page, however often asked for */
    assert.deepEqual(
        world.turns.map((turn) => turn.id),
        ['t2', 't3'],
    );
    await world.conversation.showOlder();
    assert.deepEqual(
        world.turns.map((turn) => turn.id),
        ['t1', 't2', 't3'],
    );
    assert.equal(world.hasMore, false);
});

test('opening a conversation at a turn loads as many pages as necessary', async () => {
    const world = openWorld({
        ...NEW_SESSION,
        conversation_id: 'c',
        chat_history: historyOf('t9'),
        more: '9',
    });
    world.pages = {
        9: { chat_history: historyOf('t8'), more: '8' },
        8: { chat_history: historyOf('t7'), more: '7' },
    };

    await world.conversation.open('c', 't7');
    assert.deepEqual([world.opened, world.revealed, world.hasMore], [['c'], 't7', true]);
});

test('a failure to load older messages ends the search for a turn', async () => {
    const world = openWorld({
        ...NEW_SESSION,
        conversation_id: 'c',
        chat_history: historyOf('t9'),
        more: '9',
    });
    world.pages = { 9: new Failure({ code: 'offline' }) };

    await world.conversation.open('c', 't7');
    assert.deepEqual(
        world.turns.map((turn) => turn.id),
        ['t9'],
    );
});

test('of two conversations opened at once only the later one is shown', async () => {
    const world = openWorld({
        ...NEW_SESSION,
        conversation_id: 'c',
        chat_history: historyOf('t1'),
    });
    let release;
    world.hold = new Promise((resolve) => (release = resolve));

    const early = world.conversation.open('a');
    world.hold = null;
    await world.conversation.open('b');
    release();
    await early;
    assert.deepEqual(
        world.turns.map((turn) => turn.id),
        ['t1'],
    );
});

test('a running turn stays in its conversation when another is opened', async () => {
    const world = openWorld();
    const { over } = world.sendEndless('oil?', [
        { type: 'started', data: { conversation_id: 'c' } },
    ]);

    await world.until(() => world.turns[0]?.phase === 'started');
    await world.conversation.open('b');
    await over;
    assert.deepEqual([world.box, world.page(), world.busy], ['', [], false]);
    assert.deepEqual(world.changes, ['c', null]);
});
