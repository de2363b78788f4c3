/* conversation: broken connections, branches and ratings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../src/net/failure.js';
import { delta, DONE, ERROR, NEW_SESSION, openWorld, streamOf, useStorage } from './world.js';

useStorage();

const OFFLINE = new Failure({ code: 'offline' });
const STARTED = { type: 'started', data: { conversation_id: 'branch' } };

/* A conversation "c" of three turns. */
const turnsOf = (...texts) =>
    texts.flatMap((text, i) => [
        { turn_id: text, seq: i + 1, role: 'user', content: text },
        { turn_id: text, seq: i + 1, role: 'assistant', content: `${text}!`, status: 'committed' },
    ]);
const THREE = {
    ...NEW_SESSION,
    conversation_id: 'c',
    chat_history: turnsOf('one', 'two', 'three'),
};
const texts = (world) => world.turns.map((turn) => turn.text);

async function openThree(session = THREE) {
    const world = openWorld(session);
    await world.conversation.load();
    return world;
}

test('an answer resumes where its connection broke', async () => {
    const world = openWorld();
    world.rest = [OFFLINE, streamOf([{ ...delta('a year'), id: 't:11' }, DONE])];
    await world.send('oil?', [{ ...delta('Once '), id: 't:5' }]);

    assert.deepEqual(world.page(), [['oil?', 'Once a year', 'done']]);
    const [{ id }] = world.turns;
    assert.deepEqual(world.followed, [`${id} after 5`, `${id} after 5`]);
    assert.equal(world.requests.length, 1);
});

test('a connection that stays broken is a failure', async () => {
    const world = openWorld();
    world.rest = Array(20).fill(OFFLINE);
    await world.send('oil?', [delta('Once ')]);

    assert.equal(world.turns[0].failure.code, 'connection_lost');
    assert.equal(world.box, 'oil?');
    assert.ok(world.rest.length > 10, 'it gives up before long');
});

test('a message that failed offline is sent when online again, unless it was changed', async () => {
    for (const [box, asked] of [
        ['oil?', 2],
        ['oil and tyres?', 1],
    ]) {
        const world = openWorld();
        await world.send('oil?', OFFLINE);
        world.box = box;
        world.respondWith([DONE]);
        await world.conversation.resendOffline();
        assert.equal(world.requests.length, asked);
    }
});

test('an edited message begins a branch and removes the turns after it', async () => {
    const world = await openThree();
    await world.send('other', [STARTED, delta('Yes'), DONE], world.turns[1]);

    const { message, conversation_id: conversation, after_seq: after } = world.requests[0];
    assert.deepEqual([message, conversation, after], ['other', 'c', 1]);
    assert.deepEqual(texts(world), ['one', 'other']);
    await world.send('more', [DONE]);
    assert.equal(world.requests[1].conversation_id, 'branch');
    assert.equal(world.requests[1].after_seq, undefined);
});

test('the alternatives of a turn are loaded when its answer is complete', async () => {
    const world = await openThree();
    const branches = ['c', 'branch'].map((id) => ({
        seq: 2,
        conversation_id: id,
        shown: id === 'branch',
    }));
    Object.defineProperty(world.pages, 'branch', {
        get: () => ({
            chat_history: [
                { turn_id: world.requests[0].turn_id, seq: 2, role: 'user', content: 'other' },
            ],
            branches,
        }),
    });
    await world.send('other', [STARTED, delta('Yes'), DONE], world.turns[1]);
    await world.until(() => world.turns[1].alternatives);
    assert.deepEqual(world.turns[1].alternatives, {
        position: 2,
        count: 2,
        previous: 'c',
        next: null,
    });
});

test('a failed branch restores the replaced turns and the edit', async () => {
    const world = await openThree();
    await world.send('other', [STARTED, ERROR], world.turns[1]);

    assert.deepEqual(texts(world), ['one', 'two', 'three', 'other']);
    assert.deepEqual([world.edited, world.box], ['two', 'other']);
    assert.equal(world.turns[3].phase, 'failed');

    await world.retry([STARTED, DONE]);
    const [first, second] = world.requests;
    assert.deepEqual(
        [second.turn_id, second.after_seq, second.conversation_id],
        [first.turn_id, 1, 'c'],
    );
    assert.deepEqual(texts(world), ['one', 'other']);
});

test('regenerating sends the same text in a branch', async () => {
    const world = await openThree();
    world.respondWith([STARTED, DONE]);
    await world.conversation.regenerate(world.turns[2]);

    const { message, after_seq: after, turn_id: id } = world.requests[0];
    assert.deepEqual([message, after], ['three', 2]);
    assert.notEqual(id, 'three');
});

test('opening an alternative stays at the turn', async () => {
    const world = await openThree();
    const [, two] = world.turns;
    await world.conversation.openAlternative('b', two);
    assert.deepEqual([world.opened, world.revealed], [['b'], 'two']);
});

test('the turn of an alternative is found on older pages', async () => {
    const world = await openThree();
    const [one] = world.turns;
    world.session = {
        ...THREE,
        conversation_id: 'b',
        chat_history: turnsOf('one', 'two', 'three').slice(4),
        more: '3',
    };
    world.pages = {
        3: { chat_history: turnsOf('one', 'two').slice(2), more: '2' },
        2: { chat_history: turnsOf('one'), more: null },
    };
    await world.conversation.openAlternative('b', one);
    assert.deepEqual([texts(world), world.revealed], [['one', 'two', 'three'], 'one']);
});

test('the last stored message is the one to edit', async () => {
    const world = await openThree();
    await world.send('four', [ERROR]);
    world.conversation.editLast();
    assert.equal(world.edited, 'three');
});

test('a rating is sent, and reverted on failure', async () => {
    const world = await openThree();
    await world.conversation.rate(world.turns[0], 1);
    assert.deepEqual([world.rated, world.turns[0].feedback], [[['one', 1]], 1]);

    world.refusal = OFFLINE;
    await world.conversation.rate(world.turns[0], -1);
    assert.equal(world.turns[0].feedback, 1);
});

test('a message pending in one conversation is not a draft of another', async () => {
    const world = openWorld();
    const { over } = world.sendEndless('oil?', [STARTED]);
    await world.until(() => world.turns[0]?.phase === 'started');
    world.conversation.leave();
    await over;

    const other = await openThree();
    assert.equal(other.box, '');
});
