/* What the texts promise: every language has all of them, and none stands anywhere else. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { languageOf, languages } from '../src/texts.js';
import { translated } from '../src/words.js';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const { en, de } = languages;

/* "a.b: function/1" for each text; a list of texts counts as one. */
function shapeOf(texts, prefix = '') {
    return Object.entries(texts).flatMap(([name, text]) => {
        const path = prefix + name;
        if (path === 'said')
            return [];
        if (typeof text === 'function')
            return [`${path}: function/${text.length}`];
        return typeof text === 'string' || Array.isArray(text) ? [`${path}: text`] : shapeOf(text, `${path}.`);
    });
}

test('every language has the same texts', () => {
    for (const [name, texts] of Object.entries(languages))
        assert.deepEqual(shapeOf(texts).sort(), shapeOf(en).sort(), name);
});

test('no text is empty', () => {
    const empty = (texts) => Object.values(texts).some((text) => text === '' || (typeof text === 'object' && empty(text)));

    for (const [name, texts] of Object.entries(languages))
        assert.ok(!empty(texts), name);
});

test('German has a sentence for every code of the server', () => {
    const table = read('../../../../proto/base/errors.def');
    const codes = [...table.matchAll(/^ERR\(\w+, "(\w+)"/gm)].map(([, code]) => code).filter((code) => code !== 'ok');

    assert.ok(codes.length > 30);
    assert.deepEqual(Object.keys(de.said).sort(), codes.sort());
});

test('what OpenRouter said stays behind the German sentence', () => {
    const failure = { code: 'upstream_error', sentence: 'The model’s provider failed. Try again. (No (real) reason.)' };

    assert.equal(translated(failure, de.said), `${de.said.upstream_error} (No (real) reason.)`);
    assert.equal(translated(failure, en.said), failure.sentence);
    assert.equal(translated({ code: 'quite_new', sentence: 'Something new.' }, de.said), 'Something new.');
});

test('the language is the chosen one, else the first of the browser’s that there is', () => {
    assert.equal(languageOf('de', ['en']), 'de');
    assert.equal(languageOf(null, ['fr-FR', 'de-AT', 'en']), 'de');
    assert.equal(languageOf(null, ['fr']), 'en');
    assert.equal(languageOf('constructor', []), 'en');
});

test('no text stands in the code', () => {
    const files = readdirSync(new URL('../src/', import.meta.url)).filter((name) => name.endsWith('.js'));

    for (const name of files) {
        const code = read(`../src/${name}`).replace(/\/\*.*?\*\//gs, '');
        const sentences = code.match(/(['"`])[A-ZÄÖÜ][^'"`\n]* [^'"`\n]*\1/g) ?? [];
        const words = code.match(/(textContent|title|placeholder|ariaLabel) = ['"`]\w/g) ?? [];
        assert.deepEqual([...sentences, ...words], [], name);
    }
});

test('no text stands in the page but what is said without JavaScript', () => {
    const body = read('../index.html').replace(/^.*<body>/s, '').replace(/<noscript.*?<\/noscript>/gs, '');
    const plain = body.replace(/<!--.*?-->/gs, '').replace(/<[^>]*>/g, '').trim();

    assert.equal(plain, '');
    assert.deepEqual(body.match(/\s(aria-label|title|placeholder)="[^"]*"/g) ?? [], []);
});
