/* code - a block of code in an answer: its language, a button that copies it, colours.
 *
 * The highlighter is fetched when the first code of a known language appears; until it is there, and
 * for other languages, code is plain.  `safeMarks` makes its HTML safe nodes. */
import { copyButton } from './copy.js';
import { textElement } from './dom.js';
import { texts } from './texts.js';

const MOST = 30_000; /* characters: beyond that colours cost more than they give */

let highlighter = null;
let loading = null;

export function frameCode(pre, safeMarks) {
    const code = pre.querySelector('code') ?? pre;
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? '';
    const frame = document.createElement('div');
    const head = document.createElement('div');

    frame.className = 'code';
    head.className = 'code-head';
    head.append(textElement('span', '', language), copyButton(texts.code.copy, () => code.textContent.trimEnd()));
    pre.replaceWith(frame);
    frame.append(head, pre);
    if (language && code.textContent.length < MOST)
        colour(code, language.toLowerCase(), safeMarks);
}

function colour(code, language, safeMarks) {
    if (highlighter)
        paint(code, language, safeMarks);
    else
        load().then(() => paint(code, language, safeMarks), () => {}); /* without it code is plain */
}

function paint(code, language, safeMarks) {
    if (highlighter.getLanguage(language))
        code.replaceChildren(safeMarks(highlighter.highlight(code.textContent, { language }).value));
}

async function load() {
    loading ??= import('./highlighter.js');
    highlighter = (await loading).default;
}
