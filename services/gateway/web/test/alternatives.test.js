/* alternatives: the branches at a turn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forkPoint, alternativesAt } from '../src/turn/alternatives.js';

const BRANCHES = [
    { seq: 2, conversation_id: 'a', shown: false },
    { seq: 2, conversation_id: 'b', shown: true },
    { seq: 2, conversation_id: 'c', shown: false },
    { seq: 5, conversation_id: 'b', shown: true },
];

test('a turn with alternatives has the position and the neighbours of the one shown', () => {
    assert.deepEqual(alternativesAt(BRANCHES, 2), {
        position: 2,
        count: 3,
        previous: 'a',
        next: 'c',
    });
    assert.deepEqual(alternativesAt(BRANCHES.slice(1), 2), {
        position: 1,
        count: 2,
        previous: null,
        next: 'c',
    });
});

test('there are no alternatives if there is only one, or none is shown', () => {
    assert.equal(alternativesAt(BRANCHES, 5), null);
    assert.equal(alternativesAt(BRANCHES, 1), null);
    assert.equal(
        alternativesAt(
            BRANCHES.filter((branch) => !branch.shown),
            2,
        ),
        null,
    );
});

test('a branch begins before a stored turn', () => {
    assert.equal(forkPoint({ seq: 1, status: 'committed' }), 0);
    assert.equal(forkPoint({ seq: 7, status: 'stopped' }), 6);
    assert.equal(
        forkPoint({ seq: 7, status: 'interrupted' }),
        7,
        'it has the number of the turn before it',
    );
});

test('no branch can begin at a turn that is not stored yet', () => {
    assert.equal(forkPoint({ seq: null, status: 'committed' }), null);
    assert.equal(forkPoint({ seq: 3, status: 'spooled' }), null);
});
