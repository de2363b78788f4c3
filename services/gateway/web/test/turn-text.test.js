/* turn-text and budget: what a turn waits for, the details of an answer, amounts of money. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetText } from '../src/conversation/budget.js';
import { newTurn, step } from '../src/turn/turn.js';
import { announcement, detailsText, waitingText } from '../src/turn/turn-text.js';

const turn = (changes) => ({
    ...newTurn('t', 'oil?'),
    phase: 'done',
    status: 'committed',
    answer: 'Yearly.',
    model: 'a/model',
    ...changes,
});
const usage = (cost) => ({ prompt_tokens: 1200, completion_tokens: 34, cost });

test('the details of an answer include its cost', () => {
    assert.equal(
        detailsText(turn({ usage: usage(0.0021) })),
        'Answered by a/model · 1,234 tokens · $0.0021',
    );
});

test('without cost the details have model and tokens, without usage only the model', () => {
    assert.equal(detailsText(turn({ usage: usage(0) })), 'Answered by a/model · 1,234 tokens');
    for (const unknown of [{ prompt_tokens: 0, completion_tokens: 0, cost: 0 }, null, undefined])
        assert.equal(detailsText(turn({ usage: unknown })), 'Answered by a/model');
});

test('an unusual end comes first', () => {
    assert.equal(
        detailsText(turn({ status: 'stopped' })),
        'You stopped this answer. Answered by a/model',
    );
});

test('an answer that still grows has no details', () => {
    assert.equal(detailsText(turn({ phase: 'writing', usage: usage(1) })), '');
});

test('waiting for a busy model shows the remaining time', () => {
    const waiting = step(newTurn('t', 'oil?'), { type: 'waiting', data: { retry_after: 12 } });

    assert.equal(waitingText(waiting), 'The model is busy. Retrying in 12 s.');
    assert.equal(announcement(waiting), waitingText(waiting));
    assert.equal(waitingText(step(waiting, { type: 'started', data: { model: 'm' } })), 'Thinking');
});

test('amounts are shown to the cent, small ones with two significant digits', () => {
    const amounts = {
        0: '$0.00',
        12.345: '$12.35',
        0.42: '$0.42',
        0.05: '$0.05',
        0.0123: '$0.012',
        0.00012: '$0.00012',
        0.00000004: '$0.00000004',
    };

    for (const [left, shown] of Object.entries(amounts))
        assert.equal(
            budgetText({ left: Number(left) }),
            `This session has ${shown} left for answers.`,
        );
});

test('without a budget there is no text', () => {
    assert.equal(budgetText(null), '');
});
