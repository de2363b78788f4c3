/* topic-check: knows the filter's lexicon, and accepts what it does not know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEXICON, readLexicon } from '../lexicon.build.js';
import { createTopicCheck } from '../src/composer/topic-check.js';
import { languages } from '../src/texts/texts.js';

const entries = readLexicon(LEXICON);
const mayBeDeclined = createTopicCheck(entries);

test('the whole lexicon is there, in both languages and with brands', () => {
    const on = entries.ON.split(',');

    for (const entry of ['car', 'oil ? changed', 'brems*', '*reifen', 'toyota', 'bmw #'])
        assert.ok(on.includes(entry), entry);
    for (const category of ['WEAK', 'HINT', 'OFF', 'TALK', 'FILL'])
        assert.ok(entries[category].split(',').length > 20, category);
});

test('questions about cars get no notice', () => {
    const questions = [
        'My car shakes when I brake',
        'Mein Auto zittert beim Bremsen',
        'Was kosten Winterreifen?',
        'oil leaks from the engine',
        'P0420 what does it mean for me',
        ...Object.values(languages).flatMap((texts) => [
            ...texts.welcome.examples,
            ...texts.refused.examples,
        ]),
    ];
    for (const question of questions) assert.ok(!mayBeDeclined(question), question);
});

test('other topics get one', () => {
    for (const question of [
        'Write a poem about the sea',
        'Ein Rezept für Nudeln mit Olivenöl',
        'pay my gas bill please',
    ])
        assert.ok(mayBeDeclined(question), question);
});

test('greetings, follow-ups and unfinished questions get none', () => {
    for (const text of ['hello', 'Hallo!', 'and then?', 'Wri', ''])
        assert.ok(!mayBeDeclined(text), text);
    assert.ok(
        !mayBeDeclined('would the cheaper variant do as well', true),
        'in a conversation about cars',
    );
    assert.ok(
        mayBeDeclined('give me a recipe for pasta', true),
        'another topic in any conversation',
    );
});
