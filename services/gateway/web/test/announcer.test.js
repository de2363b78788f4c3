/* announcer: what screen readers announce. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnnouncer } from '../src/turn/announcer.js';
import { newTurn, step } from '../src/turn/turn.js';

const delta = (text) => ({ type: 'delta', data: { text } });

function announcedBy(...tries) {
    const announced = [];
    const announcer = createAnnouncer((words) => announced.push(words));

    for (const events of tries) {
        announcer.update(newTurn('t', 'oil?'));
        events.reduce(
            (turn, event) => {
                const next = step(turn, event);
                announcer.update(next);
                return next;
            },
            newTurn('t', 'oil?'),
        );
    }
    return announced.filter((words) => words !== 'Checking your message');
}

test('each state is announced once, the answer by paragraphs', () => {
    const announced = announcedBy([
        { type: 'queued', data: { position: 2 } },
        { type: 'queued', data: { position: 1 } },
        { type: 'started', data: {} },
        delta('**Once** '),
        delta('a year.'),
        delta('\n\nAnd '),
        delta('after a trip.'),
        { type: 'done', data: {} },
    ]);

    assert.deepEqual(announced, [
        'In queue, position 2',
        'In queue, position 1',
        'Thinking',
        'Writing',
        'Once a year.',
        'And after a trip. The answer is complete.',
    ]);
});

test('Markdown delimiters are not announced', () => {
    const table = '| a | b |\n|---|:-:|\n| `c` | **d** |';
    assert.deepEqual(
        announcedBy([delta(table), { type: 'done', data: {} }]).at(-1),
        'a b c d The answer is complete.',
    );
});

test('a turn that is sent again is announced from its beginning', () => {
    const broken = { type: 'error', data: { code: 'x', message: 'It broke.' } };
    const announced = announcedBy(
        [delta('Once a year.\n\nAnd'), broken],
        [delta('Once a year.'), { type: 'done', data: {} }],
    );

    assert.equal(announced.at(-1), 'Once a year. The answer is complete.');
});

test('a failure is announced with its reason', () => {
    assert.deepEqual(announcedBy([{ type: 'error', data: { code: 'x', message: 'It broke.' } }]), [
        'It broke. Your message is back in the message box.',
    ]);
});
