/* lexicon.build - reads the filter's lexicon (data/) for the page.
 *
 * The page and the filter use the same words, so they cannot disagree. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const LEXICON = fileURLToPath(new URL('../../../data/lexicon.def', import.meta.url));

const COMMENT = /\/\*[\s\S]*?\*\//g;
const MACRO = /^(ON|WEAK|HINT|OFF|TALK|FILL)\(((?:\s*"[^"]*")+)\s*\)/gm;

/* { ON: 'car,engine,...', OFF: ... } */
export function readLexicon(path) {
    const entries = {};

    for (const source of readWithIncludes(path))
        for (const [, category, strings] of source.matchAll(MACRO))
            (entries[category] ??= []).push(...splitEntries(strings));
    return Object.fromEntries(
        Object.entries(entries).map(([category, list]) => [category, list.join(',')]),
    );
}

/* The text of the file and of the files it includes. */
function readWithIncludes(path) {
    const text = readFileSync(path, 'utf8').replace(COMMENT, '');
    const included = [...text.matchAll(/^#include "(.*)"/gm)].map(([, name]) =>
        path.replace(/[^/]*$/, name),
    );

    return [text, ...included.flatMap(readWithIncludes)];
}

function splitEntries(strings) {
    const text = [...strings.matchAll(/"([^"]*)"/g)].map(([, piece]) => piece).join('');

    return text
        .split(',')
        .map((entry) => entry.trim())
        .filter(Boolean);
}
