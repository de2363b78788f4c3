/* Builds the page for the gateway: dist/index.html and hashed files in dist/static/, each with its
 * .gz and .br beside it, because the gateway serves files and never compresses them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';
import { LEXICON, readLexicon } from './lexicon.build.js';

const LICENSES = [
    'bootstrap/LICENSE',
    'dompurify/LICENSE',
    'feather-icons/LICENSE',
    'highlight.js/LICENSE',
    'marked/LICENSE.md',
];

/* Bootstrap 5 uses deprecated Sass features; the warnings are not about our files. */
const DEPRECATED_SASS = ['import', 'global-builtin', 'color-functions', 'if-function'];

export default defineConfig({
    build: {
        target: 'es2022',
        assetsDir: 'static',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
    },
    css: {
        preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: DEPRECATED_SASS } },
    },
    plugins: [lexicon(), waitForScript(), licenses(), precompress()],
});

/* Provides 'virtual:lexicon' to composer/topic-lexicon.js. */
function lexicon() {
    return {
        name: 'lexicon',
        resolveId: (id) => (id === 'virtual:lexicon' ? '\0lexicon' : null),
        load: (id) =>
            id === '\0lexicon' ? `export default ${JSON.stringify(readLexicon(LEXICON))}` : null,
    };
}

/* Delays the first rendering until the script has set the theme, to avoid a flash of the other. */
function waitForScript() {
    return {
        name: 'wait-for-script',
        transformIndexHtml: {
            order: 'post',
            handler: (html) =>
                html.replace('type="module" crossorigin', 'type="module" blocking="render"'),
        },
    };
}

/* The licences of the libraries require a copy of them in the distribution. */
function licenses() {
    const text = (path) =>
        `${dirname(path)}\n\n${readFileSync(join('node_modules', path), 'utf8').trim()}\n`;

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
        writeBundle: ({ dir }, bundle) =>
            Object.keys(bundle).forEach((name) => compress(join(dir, name))),
    };
}

function compress(path) {
    const plain = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };

    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }));
}
