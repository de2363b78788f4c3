/* What chat promises of connections that break, of branches and of opinions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../src/failure.js';
import { delta, DONE, ERROR, NEW_SESSION, openWorld, streamOf, useStorage } from './world.js';

useStorage();

const OFFLINE = new Failure({ code: 'offline' });
const STARTED = { type: 'started', data: { conversation_id: 'branch' } };

/* A chat "c" of three turns; the one in the middle has another way beside it. */
const turnsOf = (...texts) => texts.flatMap((text, i) => [
    { turn_id: text, seq: i + 1, role: 'user', content: text },
    { turn_id: text, seq: i + 1, role: 'assistant', content: `${text}!`, status: 'committed' },
]);
const THREE = { ...NEW_SESSION, conversation_id: 'c', chat_history: turnsOf('one', 'two', 'three') };
const texts = (world) => world.turns.map((turn) => turn.text);

async function openThree(session = THREE) {
    const world = openWorld(session);
    await world.chat.open();
    return world;
}

test('an answer whose connection breaks goes on where it was', async () => {
    const world = openWorld();
    world.rest = [OFFLINE, streamOf([{ ...delta('a year'), id: 't:11' }, DONE])];
    await world.send('oil?', [{ ...delta('Once '), id: 't:5' }]);

    assert.deepEqual(world.page(), [['oil?', 'Once a year', 'done']]);
    const [{ id }] = world.turns;
    assert.deepEqual(world.followed, [`${id} after 5`, `${id} after 5`]);
    assert.equal(world.asked.length, 1);
});

test('a connection that stays broken is a failure in the end', async () => {
    const world = openWorld();
    world.rest = Array(20).fill(OFFLINE);
    await world.send('oil?', [delta('Once ')]);

    assert.equal(world.turns[0].failure.code, 'cut');
    assert.equal(world.box, 'oil?');
    assert.ok(world.rest.length > 10, 'it gives up before long');
});

test('what the network kept from leaving leaves when it is back, unless it was changed', async () => {
    for (const [box, asked] of [['oil?', 2], ['oil and tyres?', 1]]) {
        const world = openWorld();
        await world.send('oil?', OFFLINE);
        world.box = box;
        world.answerWith([DONE]);
        await world.chat.mend();
        assert.equal(world.asked.length, asked);
    }
});

test('an edited message begins a branch before it, and what followed leaves the page', async () => {
    const world = await openThree();
    await world.send('other', [STARTED, delta('Yes'), DONE], world.turns[1]);

    const { message, conversation_id: chat, after_seq: after } = world.asked[0];
    assert.deepEqual([message, chat, after], ['other', 'c', 1]);
    assert.deepEqual(texts(world), ['one', 'other']);
    await world.send('more', [DONE]);
    assert.equal(world.asked[1].conversation_id, 'branch');
    assert.equal(world.asked[1].after_seq, undefined);
});

test('the ways at a turn are told when its answer is there', async () => {
    const world = await openThree();
    const branches = ['c', 'branch'].map((id) => ({ seq: 2, conversation_id: id, shown: id === 'branch' }));
    Object.defineProperty(world.pages, 'branch', {
        get: () => ({ chat_history: [{ turn_id: world.asked[0].turn_id, seq: 2, role: 'user', content: 'other' }], branches }),
    });
    await world.send('other', [STARTED, delta('Yes'), DONE], world.turns[1]);
    await world.until(() => world.turns[1].ways);
    assert.deepEqual(world.turns[1].ways, { place: 2, count: 2, before: 'c', after: null });
});

test('a branch that fails brings back what it would have replaced, and the edit', async () => {
    const world = await openThree();
    await world.send('other', [STARTED, ERROR], world.turns[1]);

    assert.deepEqual(texts(world), ['one', 'two', 'three', 'other']);
    assert.deepEqual([world.edited, world.box], ['two', 'other']);
    assert.equal(world.turns[3].phase, 'failed');

    await world.retry([STARTED, DONE]);
    const [first, second] = world.asked;
    assert.deepEqual([second.turn_id, second.after_seq, second.conversation_id], [first.turn_id, 1, 'c']);
    assert.deepEqual(texts(world), ['one', 'other']);
});

test('another answer is asked for with the same words, beside the first', async () => {
    const world = await openThree();
    world.answerWith([STARTED, DONE]);
    await world.chat.regenerate(world.turns[2]);

    const { message, after_seq: after, turn_id: id } = world.asked[0];
    assert.deepEqual([message, after], ['three', 2]);
    assert.notEqual(id, 'three');
});

test('going another way opens that chat and stays at the turn', async () => {
    const world = await openThree();
    const [, two] = world.turns;
    await world.chat.switchTo('b', two);
    assert.deepEqual([world.opened, world.revealed], [['b'], 'two']);
});

test('a place far up where ways part is found again', async () => {
    const world = await openThree();
    const [one] = world.turns;
    world.session = { ...THREE, conversation_id: 'b', chat_history: turnsOf('one', 'two', 'three').slice(4), more: '3' };
    world.pages = { 3: { chat_history: turnsOf('one', 'two').slice(2), more: '2' }, 2: { chat_history: turnsOf('one'), more: null } };
    await world.chat.switchTo('b', one);
    assert.deepEqual([texts(world), world.revealed], [['one', 'two', 'three'], 'one']);
});

test('the last message that is kept is the one to edit', async () => {
    const world = await openThree();
    await world.send('four', [ERROR]);
    world.chat.editLast();
    assert.equal(world.edited, 'three');
});

test('an opinion is sent, and taken back where it was not heard', async () => {
    const world = await openThree();
    await world.chat.judge(world.turns[0], 1);
    assert.deepEqual([world.judged, world.turns[0].feedback], [[['one', 1]], 1]);

    world.refusal = OFFLINE;
    await world.chat.judge(world.turns[0], -1);
    assert.equal(world.turns[0].feedback, 1);
});

test('a message under way in one chat is no draft of another', async () => {
    const world = openWorld();
    const { over } = world.sendEndless('oil?', [STARTED]);
    await world.until(() => world.turns[0]?.phase === 'started');
    world.chat.leave();
    await over;

    const other = await openThree();
    assert.equal(other.box, '');
});
