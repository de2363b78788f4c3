/* What the list of models promises: what somebody types is found, and told of in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, modelsLike } from '../src/models.js';

const model = (id, name, free = false) => ({ id, name, free, context: 8192, prompt_price: 0.000001, completion_price: 0.0000025 });
const MODELS = [model('a/llama-3', 'Llama 3'), model('b/mini', 'Mini of Llama'), model('c/oil:free', 'Oil', true)];
const found = (typed, onlyFree) => modelsLike(MODELS, typed, onlyFree).map(({ id }) => id);

test('all words must be there, in name or id, in any order', () => {
    assert.deepEqual(found(''), ['a/llama-3', 'b/mini', 'c/oil:free']);
    assert.deepEqual(found('LLAMA mini'), ['b/mini']);
    assert.deepEqual(found('llama turbo'), []);
});

test('what begins with it comes first', () => {
    assert.deepEqual(found('mini'), ['b/mini']);
    assert.deepEqual(found('l'), ['a/llama-3', 'b/mini', 'c/oil:free']);
    assert.deepEqual(found('o'), ['c/oil:free', 'b/mini']);
});

test('only the free ones, where that is wanted', () => {
    assert.deepEqual(found('', true), ['c/oil:free']);
});

test('context and price are told, a price that varies as such, none of a free one', () => {
    assert.equal(factsOf(MODELS[0]), '8,192 tokens · $1.00 in, $2.50 out per million tokens');
    assert.equal(factsOf({ ...MODELS[0], prompt_price: -1 }), '8,192 tokens · price varies');
    assert.equal(factsOf({ ...MODELS[2], context: null }), '');
});
