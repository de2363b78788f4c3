/* What words promises of waiting, of an answer's fine print and of money. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newTurn, step } from '../src/turn.js';
import { budgetOf, finePrintOf, spokenState, waitingFor } from '../src/words.js';

const turn = (changes) => ({
    ...newTurn('t', 'oil?'), phase: 'done', status: 'committed', answer: 'Yearly.', model: 'a/model', ...changes,
});
const usage = (cost) => ({ prompt_tokens: 1200, completion_tokens: 34, cost });

test('an answer that cost something says what', () => {
    assert.equal(finePrintOf(turn({ usage: usage(0.0021) })), 'Answered by a/model · 1,234 tokens · $0.0021');
});

test('a free answer says how long it was, one of an older server only who gave it', () => {
    assert.equal(finePrintOf(turn({ usage: usage(0) })), 'Answered by a/model · 1,234 tokens');
    for (const unknown of [{ prompt_tokens: 0, completion_tokens: 0, cost: 0 }, null, undefined])
        assert.equal(finePrintOf(turn({ usage: unknown })), 'Answered by a/model');
});

test('how it ended comes first', () => {
    assert.equal(finePrintOf(turn({ status: 'stopped' })), 'You stopped this answer. Answered by a/model');
});

test('an answer that still grows has no fine print', () => {
    assert.equal(finePrintOf(turn({ phase: 'writing', usage: usage(1) })), '');
});

test('who waits for a busy model is told for how long', () => {
    const waiting = step(newTurn('t', 'oil?'), { type: 'waiting', data: { retry_after: 12 } });

    assert.equal(waitingFor(waiting), 'The model is busy. Trying again in 12 s.');
    assert.equal(spokenState(waiting), waitingFor(waiting));
    assert.equal(waitingFor(step(waiting, { type: 'started', data: { model: 'm' } })), 'Thinking');
});

test('sums are shown to the cent, small ones with two digits', () => {
    const sums = {
        0: '$0.00', 12.345: '$12.35', 0.42: '$0.42', 0.05: '$0.05', 0.0123: '$0.012', 0.00012: '$0.00012',
        0.00000004: '$0.00000004',
    };

    for (const [left, shown] of Object.entries(sums))
        assert.equal(budgetOf({ left: Number(left) }), `This session has ${shown} left for answers.`);
});

test('without a budget nothing is said of one', () => {
    assert.equal(budgetOf(null), '');
});
