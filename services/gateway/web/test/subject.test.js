/* What the light rule promises: it knows the filter's words, and is kind where it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf, LEXICON } from '../lexicon.build.js';
import { createSubject } from '../src/subject.js';
import { languages } from '../src/texts.js';

const entries = entriesOf(LEXICON);
const mayBeDeclined = createSubject(entries);

test('all of the lexicon is there, in both languages and with names', () => {
    const on = entries.ON.split(',');

    for (const entry of ['car', 'oil ? changed', 'brems*', '*reifen', 'toyota', 'bmw #'])
        assert.ok(on.includes(entry), entry);
    for (const sign of ['WEAK', 'HINT', 'OFF', 'TALK', 'FILL'])
        assert.ok(entries[sign].split(',').length > 20, sign);
});

test('questions about cars get no hint', () => {
    const questions = [
        'My car shakes when I brake', 'Mein Auto zittert beim Bremsen', 'Was kosten Winterreifen?', 'oil leaks from the engine',
        'P0420 what does it mean for me', ...Object.values(languages).flatMap((texts) => [
            ...texts.welcome.examples, ...texts.refused.examples,
        ]),
    ];
    for (const question of questions)
        assert.ok(!mayBeDeclined(question), question);
});

test('other subjects get one', () => {
    for (const question of ['Write a poem about the sea', 'Ein Rezept für Nudeln mit Olivenöl', 'pay my gas bill please'])
        assert.ok(mayBeDeclined(question), question);
});

test('greetings, follow-ups and beginnings get none', () => {
    for (const text of ['hello', 'Hallo!', 'and then?', 'Wri', ''])
        assert.ok(!mayBeDeclined(text), text);
    assert.ok(!mayBeDeclined('would the cheaper variant do as well', true), 'in a talk about cars');
    assert.ok(mayBeDeclined('give me a recipe for pasta', true), 'another subject is one anywhere');
});
