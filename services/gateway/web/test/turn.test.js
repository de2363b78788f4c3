/* turn: the state machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../src/net/failure.js';
import { fail, isOver, isComplete, newTurn, step, turnsFromHistory } from '../src/turn/turn.js';

const delta = (text) => ({ type: 'delta', data: { text } });
const apply = (...events) => events.reduce(step, newTurn('t', 'hello'));

const ENDS = {
    done: { type: 'done', data: { status: 'stopped', model: 'm' } },
    retracted: { type: 'retracted', data: { reason: 'off topic', text: 'hello' } },
    failed: {
        type: 'error',
        data: { code: 'upstream_error', message: 'It broke.', retryable: true },
    },
};

test('the happy path', () => {
    const waiting = apply({ type: 'queued', data: { position: 2 } });
    assert.equal(waiting.phase, 'queued');
    assert.equal(waiting.position, 2);
    assert.equal(step(waiting, { type: 'waiting', data: { retry_after: 7 } }).wait, 7);

    const writing = [
        { type: 'started', data: { model: 'm', conversation_id: 'c' } },
        delta('Hello '),
        delta('you'),
    ].reduce(step, waiting);
    assert.equal(writing.answer, 'Hello you');
    assert.equal(writing.conversation, 'c');
    assert.ok(!isOver(writing));

    const done = step(writing, { type: 'done', data: { status: 'committed' } });
    assert.equal(done.status, 'committed');
    assert.equal(done.model, 'm');
    assert.ok(isOver(done));
});

for (const [phase, end] of Object.entries(ENDS)) {
    test(`nothing changes a turn that is ${phase}`, () => {
        const over = apply(delta('a'), end);

        assert.equal(over.phase, phase);
        for (const event of [delta('b'), ...Object.values(ENDS)])
            assert.equal(step(over, event), over);
        assert.equal(fail(over, new Failure({ code: 'connection_lost' })), over);
    });
}

test('an answer is complete once it is done, unless it was stopped or interrupted', () => {
    assert.ok(!isComplete(apply(delta('a'))));
    assert.ok(!isComplete(apply(delta('a'), ENDS.failed)));
    for (const [status, whole] of Object.entries({
        committed: true,
        spooled: true,
        unsaved: true,
        stopped: false,
        interrupted: false,
    }))
        assert.equal(
            isComplete(apply(delta('a'), { type: 'done', data: { status } })),
            whole,
            status,
        );
});

test('a retracted answer is gone', () => {
    const turn = apply(delta('this must not stay'), ENDS.retracted);
    assert.equal(turn.answer, '');
    assert.equal(turn.failure.serverMessage, 'off topic');
    assert.equal(turn.text, 'hello');
});

test('a failed answer keeps what was shown and says why', () => {
    const turn = apply(delta('half'), ENDS.failed);
    assert.equal(turn.answer, 'half');
    assert.equal(turn.failure.serverMessage, 'It broke.');
    assert.ok(turn.failure.retryable);
});

test('usage is the same live and in history', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, cost: 0.0021 };
    const live = apply(delta('a'), {
        type: 'done',
        data: { status: 'committed', usage, budget: { left: 0.4 } },
    });
    const [kept] = turnsFromHistory([
        { turn_id: 'a', role: 'user', content: 'oil?' },
        { turn_id: 'a', role: 'assistant', content: 'yearly', usage },
    ]);

    assert.deepEqual(live.usage, usage);
    assert.deepEqual(kept.usage, usage);
    assert.deepEqual(live.budget, { left: 0.4 });
});

test('unknown events of a newer server are skipped', () => {
    const turn = newTurn('t', 'hello');
    for (const type of ['reasoning', 'message', 'toString', '__proto__'])
        assert.equal(step(turn, { type, data: {} }), turn);
});

test('a delta without text is a failure, not the text "undefined"', () => {
    assert.equal(apply(delta('a'), { type: 'delta', data: {} }).failure.code, 'bad_response');
});

test('history rows of one turn belong together', () => {
    const turns = turnsFromHistory([
        { turn_id: 'a', role: 'user', content: 'oil?' },
        { turn_id: 'a', role: 'assistant', content: 'yearly', model: 'm', status: 'committed' },
        { turn_id: 'b', role: 'user', content: 'tyres?', status: 'interrupted' },
    ]);

    assert.deepEqual(
        turns.map(({ id, text, answer, status, phase }) => ({ id, text, answer, status, phase })),
        [
            { id: 'a', text: 'oil?', answer: 'yearly', status: 'committed', phase: 'done' },
            { id: 'b', text: 'tyres?', answer: '', status: 'interrupted', phase: 'done' },
        ],
    );
});
