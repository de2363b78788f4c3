/* import-file: only files exported from here are accepted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readImport, MAX_BYTES } from '../src/sidebar/import-file.js';

const file = (text, size = text.length) => ({ size, text: async () => text });
const exported = { format: 'automotive-chat', version: 1, title: 'Oil', turns: [] };

test('an exported conversation is read unchanged', async () => {
    assert.deepEqual(await readImport(file(JSON.stringify(exported))), exported);
});

test('anything else is rejected with a reason', async () => {
    for (const text of ['', '# Markdown', '[]', 'null', '{"format":"other"}'])
        await assert.rejects(readImport(file(text)), { code: 'file_unsupported' });
    await assert.rejects(readImport(file('{}', MAX_BYTES + 1)), { code: 'file_too_large' });
});
