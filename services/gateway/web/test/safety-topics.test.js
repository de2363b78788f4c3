/* safety-topics: which turns carry a safety notice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safetyTopics } from '../src/turn/safety-topics.js';
import { languages } from '../src/texts/texts.js';

const topics = (text, answer = '') => safetyTopics({ text, answer });

test('the question decides, in English and German', () => {
    const questionsByTopic = {
        brakes: [
            'My car shakes when I brake',
            'brake pads?',
            'Die Bremsscheiben quietschen',
            'Scheibenbremsen wechseln',
        ],
        steering: ['The steering is loose', 'Das Lenkrad vibriert', 'Servolenkung schwer'],
        airbags: ['the airbag light is on', 'Darf ich den Airbag ausbauen?'],
        fuelLeak: [
            'It smells of petrol',
            'my fuel tank is leaking',
            'a gas smell in the cabin',
            'my gas tank leaks',
            'Unter dem Auto tropft Benzin',
            'Es riecht nach Diesel',
        ],
        highVoltage: [
            'Can I open the high-voltage battery?',
            'Hochvoltbatterie tauschen',
            'May I open an electric car’s battery?',
            'Hybridakku öffnen',
        ],
    };

    for (const [name, questions] of Object.entries(questionsByTopic))
        for (const question of questions)
            assert.ok(topics(question).includes(name), `${name}: ${question}`);
});

test('other questions have no safety topic', () => {
    for (const question of [
        'How often is the oil changed?',
        'breaking news',
        'Was kostet ein Ölwechsel?',
        'my fuel gauge is wrong',
        'Mein Diesel verliert an Leistung',
        'Ablenkung am Steuer',
    ])
        assert.deepEqual(topics(question), [], question);
});

test('an answer has a topic if it mentions it repeatedly, not once', () => {
    assert.deepEqual(topics('My car shakes', 'Mind the brakes.'), []);
    assert.deepEqual(
        topics('My car shakes', 'Brake discs warp. Check the brakes. New brake pads help.'),
        ['brakes'],
    );
});

test('each topic has a notice in every language', () => {
    for (const [name, texts] of Object.entries(languages))
        assert.deepEqual(
            Object.keys(texts.safety).sort(),
            ['airbags', 'brakes', 'fuelLeak', 'highVoltage', 'steering'],
            name,
        );
});
