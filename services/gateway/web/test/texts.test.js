/* texts: every language is complete, and no text is anywhere else. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readSources } from '../lint/imports.js';
import { languages, selectLanguage } from '../src/texts/texts.js';
import { translate } from '../src/net/failure-text.js';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const { en, de } = languages;

/* "a.b: function/1" for each text; a list of texts counts as one. */
function shapeOf(texts, prefix = '') {
    return Object.entries(texts).flatMap(([name, text]) => {
        const path = prefix + name;
        if (path === 'serverErrors') return [];
        if (typeof text === 'function') return [`${path}: function/${text.length}`];
        return typeof text === 'string' || Array.isArray(text)
            ? [`${path}: text`]
            : shapeOf(text, `${path}.`);
    });
}

test('every language has the same texts', () => {
    for (const [name, texts] of Object.entries(languages))
        assert.deepEqual(shapeOf(texts).sort(), shapeOf(en).sort(), name);
});

test('no text is empty', () => {
    const empty = (texts) =>
        Object.values(texts).some(
            (text) => text === '' || (typeof text === 'object' && empty(text)),
        );

    for (const [name, texts] of Object.entries(languages)) assert.ok(!empty(texts), name);
});

test('German has a text for every error code of the server', () => {
    const table = read('../../../../proto/base/errors.def');
    const codes = [...table.matchAll(/^ERR\(\w+, "(\w+)"/gm)]
        .map(([, code]) => code)
        .filter((code) => code !== 'ok');

    assert.ok(codes.length > 30);
    assert.deepEqual(Object.keys(de.serverErrors).sort(), codes.sort());
});

test('the message of OpenRouter is appended to the German text', () => {
    const failure = {
        code: 'upstream_error',
        serverMessage: 'The model’s provider failed. Try again. (No (real) reason.)',
    };

    assert.equal(
        translate(failure, de.serverErrors),
        `${de.serverErrors.upstream_error} (No (real) reason.)`,
    );
    assert.equal(translate(failure, en.serverErrors), failure.serverMessage);
    assert.equal(
        translate({ code: 'unknown_code', serverMessage: 'Something new.' }, de.serverErrors),
        'Something new.',
    );
});

test('the language is the selected one, or else the first supported one of the browser', () => {
    assert.equal(selectLanguage('de', ['en']), 'de');
    assert.equal(selectLanguage(null, ['fr-FR', 'de-AT', 'en']), 'de');
    assert.equal(selectLanguage(null, ['fr']), 'en');
    assert.equal(selectLanguage('constructor', []), 'en');
});

test('the code contains no texts', () => {
    for (const [name, source] of readSources()) {
        if (/^texts\/(en|de)\.js$/.test(name)) continue;
        const code = source.replace(/\/\*.*?\*\//gs, '');
        const sentences = code.match(/(['"`])[A-ZÄÖÜ][^'"`\n]* [^'"`\n]*\1/g) ?? [];
        const words = code.match(/(textContent|title|placeholder|ariaLabel) = ['"`]\w/g) ?? [];
        assert.deepEqual([...sentences, ...words], [], name);
    }
});

test('index.html contains no texts except those shown without JavaScript', () => {
    const body = read('../index.html')
        .replace(/^.*<body>/s, '')
        .replace(/<noscript.*?<\/noscript>/gs, '');
    const plain = body
        .replace(/<!--.*?-->/gs, '')
        .replace(/<[^>]*>/g, '')
        .trim();

    assert.equal(plain, '');
    assert.deepEqual(body.match(/\s(aria-label|title|placeholder)="[^"]*"/g) ?? [], []);
});
