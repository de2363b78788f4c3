/* The filter's lexicon (data/lexicon.def) as the page takes it: { ON: 'car,engine,...', OFF: ... }. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const LEXICON = fileURLToPath(new URL('../../../data/lexicon.def', import.meta.url));

const COMMENT = /\/\*[\s\S]*?\*\//g;
const MACRO = /^(ON|WEAK|HINT|OFF|TALK|FILL)\(((?:\s*"[^"]*")+)\s*\)/gm;

export function entriesOf(path) {
    const signs = {};

    for (const source of sourcesOf(path))
        for (const [, sign, strings] of source.matchAll(MACRO))
            (signs[sign] ??= []).push(...listOf(strings));
    return Object.fromEntries(Object.entries(signs).map(([sign, entries]) => [sign, entries.join(',')]));
}

/* The file itself and those it includes. */
function sourcesOf(path) {
    const text = readFileSync(path, 'utf8').replace(COMMENT, '');
    const included = [...text.matchAll(/^#include "(.*)"/gm)].map(([, name]) => path.replace(/[^/]*$/, name));

    return [text, ...included.flatMap(sourcesOf)];
}

function listOf(strings) {
    const text = [...strings.matchAll(/"([^"]*)"/g)].map(([, piece]) => piece).join('');
    return text.split(',').map((entry) => entry.trim()).filter(Boolean);
}
