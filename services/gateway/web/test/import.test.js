/* What an import promises: only what was saved here goes to the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatOf, MOST_BYTES } from '../src/import.js';

const file = (text, size = text.length) => ({ size, text: async () => text });
const saved = { format: 'automotive-chat', version: 1, title: 'Oil', turns: [] };

test('a saved chat comes out of the file as it went in', async () => {
    assert.deepEqual(await chatOf(file(JSON.stringify(saved))), saved);
});

test('anything else is refused with a reason', async () => {
    for (const text of ['', '# Markdown', '[]', 'null', '{"format":"other"}'])
        await assert.rejects(chatOf(file(text)), { code: 'file_not_ours' });
    await assert.rejects(chatOf(file('{}', MOST_BYTES + 1)), { code: 'file_too_big' });
});
