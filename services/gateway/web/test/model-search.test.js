/* model-search: finding models, and describing one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelDetails, searchModels } from '../src/settings/model-search.js';

const model = (id, name, free = false) => ({
    id,
    name,
    free,
    context: 8192,
    prompt_price: 0.000001,
    completion_price: 0.0000025,
});
const MODELS = [
    model('a/llama-3', 'Llama 3'),
    model('b/mini', 'Mini of Llama'),
    model('c/oil:free', 'Oil', true),
];
const found = (query, onlyFree) => searchModels(MODELS, query, onlyFree).map(({ id }) => id);

test('all words must match name or id, in any order', () => {
    assert.deepEqual(found(''), ['a/llama-3', 'b/mini', 'c/oil:free']);
    assert.deepEqual(found('LLAMA mini'), ['b/mini']);
    assert.deepEqual(found('llama turbo'), []);
});

test('names that start with the query come first', () => {
    assert.deepEqual(found('mini'), ['b/mini']);
    assert.deepEqual(found('l'), ['a/llama-3', 'b/mini', 'c/oil:free']);
    assert.deepEqual(found('o'), ['c/oil:free', 'b/mini']);
});

test('the list can be limited to free models', () => {
    assert.deepEqual(found('', true), ['c/oil:free']);
});

test('details are context and price; free models show no price', () => {
    assert.equal(
        modelDetails(MODELS[0]),
        '8,192 tokens · $1.00 input, $2.50 output per million tokens',
    );
    assert.equal(modelDetails({ ...MODELS[0], prompt_price: -1 }), '8,192 tokens · price varies');
    assert.equal(modelDetails({ ...MODELS[2], context: null }), '');
});
