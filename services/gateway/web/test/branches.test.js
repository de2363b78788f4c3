/* What branches promises. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forkPoint, waysAt } from '../src/branches.js';

const BRANCHES = [
    { seq: 2, conversation_id: 'a', shown: false },
    { seq: 2, conversation_id: 'b', shown: true },
    { seq: 2, conversation_id: 'c', shown: false },
    { seq: 5, conversation_id: 'b', shown: true },
];

test('at a turn where ways part one is shown, between its neighbours', () => {
    assert.deepEqual(waysAt(BRANCHES, 2), { place: 2, count: 3, before: 'a', after: 'c' });
    assert.deepEqual(waysAt(BRANCHES.slice(1), 2), { place: 1, count: 2, before: null, after: 'c' });
});

test('where there is one way, or none is shown, there is nothing to choose', () => {
    assert.equal(waysAt(BRANCHES, 5), null);
    assert.equal(waysAt(BRANCHES, 1), null);
    assert.equal(waysAt(BRANCHES.filter((way) => !way.shown), 2), null);
});

test('another way begins before a turn that is kept', () => {
    assert.equal(forkPoint({ seq: 1, status: 'committed' }), 0);
    assert.equal(forkPoint({ seq: 7, status: 'stopped' }), 6);
    assert.equal(forkPoint({ seq: 7, status: 'interrupted' }), 7, 'its number is that of the turn before it');
});

test('a turn that is not kept yet is no place to part', () => {
    assert.equal(forkPoint({ seq: null, status: 'committed' }), null);
    assert.equal(forkPoint({ seq: 3, status: 'spooled' }), null);
});
