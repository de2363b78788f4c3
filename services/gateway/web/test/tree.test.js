/* tree: a conversation is listed once, however many branches it has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupByTree } from '../src/sidebar/tree.js';

const conversation = (id, from = null) => ({ conversation_id: id, forked_from: from, title: id });
const shapeOf = (list) =>
    groupByTree(list).map(({ root, latest, ids }) => [root, latest.title, [...ids].sort().join()]);

test('conversations without branches stay as they are', () => {
    assert.deepEqual(shapeOf([conversation('b'), conversation('a')]), [
        ['b', 'b', 'b'],
        ['a', 'a', 'a'],
    ]);
});

test('the newest conversation of a tree represents it, at its position', () => {
    const list = [
        conversation('a2', 'a1'),
        conversation('b'),
        conversation('a1', 'a'),
        conversation('a3', 'a'),
        conversation('a'),
    ];
    assert.deepEqual(shapeOf(list), [
        ['a', 'a2', 'a,a1,a2,a3'],
        ['b', 'b', 'b'],
    ]);
});

test('branches of a conversation on a later page are grouped under it', () => {
    assert.deepEqual(shapeOf([conversation('a1', 'a'), conversation('a2', 'a')]), [
        ['a', 'a1', 'a,a1,a2'],
    ]);
});
