/* What families promise: a chat stands in the list once, however many branches it has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familiesOf } from '../src/families.js';

const chat = (id, from = null) => ({ conversation_id: id, forked_from: from, title: id });
const shapeOf = (chats) => familiesOf(chats).map(({ root, shown, ids }) => [root, shown.title, [...ids].sort().join()]);

test('chats without branches stay as they are', () => {
    assert.deepEqual(shapeOf([chat('b'), chat('a')]), [['b', 'b', 'b'], ['a', 'a', 'a']]);
});

test('the newest of a family stands for it, at its place', () => {
    const chats = [chat('a2', 'a1'), chat('b'), chat('a1', 'a'), chat('a3', 'a'), chat('a')];
    assert.deepEqual(shapeOf(chats), [['a', 'a2', 'a,a1,a2,a3'], ['b', 'b', 'b']]);
});

test('branches of a chat on a later page belong together, and to it', () => {
    assert.deepEqual(shapeOf([chat('a1', 'a'), chat('a2', 'a')]), [['a', 'a1', 'a,a1,a2']]);
});
