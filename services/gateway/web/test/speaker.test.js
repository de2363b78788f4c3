/* What those who hear the page are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSpeaker } from '../src/speaker.js';
import { newTurn, step } from '../src/turn.js';

const delta = (text) => ({ type: 'delta', data: { text } });

function heardOf(...tries) {
    const heard = [];
    const speaker = createSpeaker((words) => heard.push(words));

    for (const events of tries) {
        speaker.say(newTurn('t', 'oil?'));
        events.reduce((turn, event) => {
            const next = step(turn, event);
            speaker.say(next);
            return next;
        }, newTurn('t', 'oil?'));
    }
    return heard.filter((words) => words !== 'Reading your message');
}

test('each state is told once, the answer by paragraphs, not by words', () => {
    const heard = heardOf([
        { type: 'queued', data: { position: 2 } }, { type: 'queued', data: { position: 1 } }, { type: 'started', data: {} },
        delta('**Once** '), delta('a year.'), delta('\n\nAnd '), delta('after a trip.'), { type: 'done', data: {} },
    ]);

    assert.deepEqual(heard, [
        'Waiting in line, place 2', 'Waiting in line, place 1', 'Thinking', 'Writing', 'Once a year.',
        'And after a trip. The answer is complete.',
    ]);
});

test('marks of Markdown are not read out', () => {
    const table = '| a | b |\n|---|:-:|\n| `c` | **d** |';
    assert.deepEqual(heardOf([delta(table), { type: 'done', data: {} }]).at(-1), 'a b c d The answer is complete.');
});

test('an answer that is asked for again is told from its beginning', () => {
    const broken = { type: 'error', data: { code: 'x', message: 'It broke.' } };
    const heard = heardOf([delta('Once a year.\n\nAnd'), broken], [delta('Once a year.'), { type: 'done', data: {} }]);

    assert.equal(heard.at(-1), 'Once a year. The answer is complete.');
});

test('a failure is told with its reason', () => {
    assert.deepEqual(heardOf([{ type: 'error', data: { code: 'x', message: 'It broke.' } }]), [
        'It broke. Your message is back in the box.',
    ]);
});
