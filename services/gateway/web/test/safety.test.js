/* Which turns carry the fixed notice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safetyOf } from '../src/safety.js';
import { languages } from '../src/texts.js';

const asked = (text, answer = '') => safetyOf({ text, answer });

test('what was asked decides, in English and German', () => {
    const subjects = {
        brakes: ['My car shakes when I brake', 'brake pads?', 'Die Bremsscheiben quietschen', 'Scheibenbremsen wechseln'],
        steering: ['The steering is loose', 'Das Lenkrad vibriert', 'Servolenkung schwer'],
        airbags: ['the airbag light is on', 'Darf ich den Airbag ausbauen?'],
        fuelLeak: ['It smells of petrol', 'my fuel tank is leaking', 'a gas smell in the cabin', 'my gas tank leaks', 'Unter dem Auto tropft Benzin', 'Es riecht nach Diesel'],
        highVoltage: ['Can I open the high-voltage battery?', 'Hochvoltbatterie tauschen', 'May I open an electric car’s battery?', 'Hybridakku öffnen'],
    };

    for (const [name, questions] of Object.entries(subjects))
        for (const question of questions)
            assert.ok(asked(question).includes(name), `${name}: ${question}`);
});

test('other questions carry none', () => {
    for (const question of ['How often is the oil changed?', 'breaking news', 'Was kostet ein Ölwechsel?', 'my fuel gauge is wrong', 'Mein Diesel verliert an Leistung', 'Ablenkung am Steuer'])
        assert.deepEqual(asked(question), [], question);
});

test('an answer carries one when it keeps returning to the subject, not for a word in passing', () => {
    assert.deepEqual(asked('My car shakes', 'Mind the brakes.'), []);
    assert.deepEqual(asked('My car shakes', 'Brake discs warp. Check the brakes. New brake pads help.'), ['brakes']);
});

test('each subject has its notice in every language', () => {
    for (const [name, texts] of Object.entries(languages))
        assert.deepEqual(Object.keys(texts.safety).sort(), ['airbags', 'brakes', 'fuelLeak', 'highVoltage', 'steering'], name);
});
