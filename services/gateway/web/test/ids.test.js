/* ids: UUIDs. */
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { newId } from '../src/base/ids.js';

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids are UUIDs, also on plain http, where randomUUID is missing', () => {
    const plain = { getRandomValues: (bytes) => webcrypto.getRandomValues(bytes) };

    for (const random of [webcrypto, plain]) {
        const ids = Array.from({ length: 100 }, () => newId(random));
        ids.forEach((id) => assert.match(id, UUID_4));
        assert.equal(new Set(ids).size, ids.length);
    }
});
