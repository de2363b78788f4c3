/* imports: the lint check finds cycles and forbidden directions, and the sources have neither. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImports, readSources } from '../lint/imports.js';

const planted = (files) => checkImports(new Map([...readSources(), ...Object.entries(files)]));

test('the sources of the page are clean', () => {
    assert.ok(readSources().size > 50);
    assert.deepEqual(checkImports(readSources()), []);
});

test('a cycle between files is found, also through a dynamic import', () => {
    const files = {
        'turn/a.js': "import {\n    b,\n} from './b.js';",
        'turn/b.js': "const c = () => import('./c.js');",
        'turn/c.js': "export { a } from './a.js';",
    };

    assert.deepEqual(planted(files), ['cycle: turn/a.js -> turn/b.js -> turn/c.js -> turn/a.js']);
});

test('an import against the direction of the folders is found', () => {
    const files = { 'net/a.js': "import { newTurn } from '../turn/turn.js';" };

    assert.deepEqual(planted(files), ['net/a.js: net/ must not import from turn/']);
});
