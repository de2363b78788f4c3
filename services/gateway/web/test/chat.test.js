/* What chat promises: nothing a person typed is ever lost, and no message is asked twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../src/failure.js';
import { delta, DONE, ERROR, NEW_SESSION, openWorld, useStorage } from './world.js';

useStorage();

test('an answer flows into the page', async () => {
    const world = openWorld();
    await world.send('oil?', [{ type: 'started', data: { conversation_id: 'c' } }, delta('Once '), delta('a year'), DONE]);

    assert.deepEqual(world.page(), [['oil?', 'Once a year', 'done']]);
    assert.equal(world.box, '');
    assert.equal(world.busy, false);

    await world.send('and tyres?', [DONE]);
    assert.deepEqual(world.asked.map((body) => body.conversation_id), [null, 'c'], 'a new chat, then the one it became');
});

test('a message sent before the chat is there waits for it', async () => {
    const world = openWorld({ ...NEW_SESSION, conversation_id: 'c', chat_history: [{ turn_id: 'a', role: 'user', content: 'tyres?' }] });
    const opened = world.chat.open();
    await world.send('oil?', [DONE]);
    await opened;

    assert.equal(world.asked[0].conversation_id, 'c');
    assert.deepEqual(world.page().map(([text]) => text), ['tyres?', 'oil?']);
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

test('the question of an unsaved answer comes back after a reload, until it was asked again', async () => {
    const world = openWorld();
    await world.send('oil?', [delta('Yearly'), { type: 'done', data: { status: 'unsaved' } }]);

    const later = openWorld();
    await later.chat.open();
    assert.equal(later.box, 'oil?');
    await later.send('oil?', [DONE]);
    assert.equal(later.asked[0].turn_id, world.asked[0].turn_id);

    const last = openWorld();
    await last.chat.open();
    assert.equal(last.box, '');
});

test('a message that waits in one chat is not forgotten for one in another', async () => {
    const world = openWorld();
    world.sendEndless('oil?');
    world.chat.leave();

    const other = openWorld({ ...NEW_SESSION, conversation_id: 'b' });
    await other.chat.open();
    await other.send('tyres?', [DONE]);
    assert.equal(other.box, '');

    const later = openWorld();
    await later.chat.open();
    assert.equal(later.box, 'oil?');
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

test('a chat that cannot be opened shows nothing of the one before', async () => {
    const world = openWorld({ ...NEW_SESSION, conversation_id: 'c', chat_history: historyOf('t9'), more: '9' });
    world.pages = { 9: { chat_history: historyOf('t8'), more: null } };
    await world.chat.open();
    world.hold = Promise.reject(new Failure({ code: 'offline' }));
    await world.chat.openConversation('b', 't7');
    assert.deepEqual([world.problem.code, world.turns], ['offline', []]);
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
