/* The page as the gateway serves it: dist/index.html and hashed files under dist/static/, each with
 * its .gz and .br beside it, because the gateway only ever picks a file and never compresses one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';
import { entriesOf, LEXICON } from './lexicon.build.js';

const LICENSES = [
    'bootstrap/LICENSE', 'dompurify/LICENSE', 'feather-icons/LICENSE', 'highlight.js/LICENSE',
    'marked/LICENSE.md',
];

/* Bootstrap 5 still speaks the older Sass; its warnings are not about our files. */
const OLDER_SASS = ['import', 'global-builtin', 'color-functions', 'if-function'];

export default defineConfig({
    build: {
        target: 'es2022',
        assetsDir: 'static',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
    },
    css: {
        preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: OLDER_SASS } },
    },
    plugins: [lexicon(), waitForScript(), licenses(), precompress()],
});

/* `lexicon.js` of the page is made of the filter's own words, so the two cannot disagree. */
function lexicon() {
    return {
        name: 'lexicon',
        resolveId: (id) => (id === 'virtual:lexicon' ? '\0lexicon' : null),
        load: (id) => (id === '\0lexicon' ? `export default ${JSON.stringify(entriesOf(LEXICON))}` : null),
    };
}

/* Without this a person who chose the other theme would see a flash of the wrong one. */
function waitForScript() {
    return {
        name: 'wait-for-script',
        transformIndexHtml: {
            order: 'post',
            handler: (html) => html.replace('type="module" crossorigin', 'type="module" blocking="render"'),
        },
    };
}

/* The licences of what we ship ask to travel with it. */
function licenses() {
    const text = (path) => `${dirname(path)}\n\n${readFileSync(join('node_modules', path), 'utf8').trim()}\n`;

    return {
        name: 'licenses',
        generateBundle() {
            const source = LICENSES.map(text).join('\n----\n\n');
            this.emitFile({ type: 'asset', name: 'licenses.txt', source });
        },
    };
}

function precompress() {
    return {
        name: 'precompress',
        writeBundle: ({ dir }, bundle) => Object.keys(bundle).forEach((name) => compress(join(dir, name))),
    };
}

function compress(path) {
    const plain = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };

    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }));
}
