/* code-block - a code block of an answer with its language, a copy button and highlighting.
 *
 * The highlighter is loaded with the first code block that names a language.  Until then, and for
 * unknown languages, code is shown plain. */
import { texts } from '../texts/texts.js';
import { copyButton } from '../ui/copy-button.js';
import { textElement } from '../ui/dom.js';

const MAX_HIGHLIGHTED = 30_000; /* characters: highlighting more takes too long */

let highlighter = null;
let loading = null;

/* sanitizeHighlight(html): the nodes of the highlighter's HTML. */
export function frameCodeBlock(pre, sanitizeHighlight) {
    const code = pre.querySelector('code') ?? pre;
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? '';
    const frame = document.createElement('div');
    const head = document.createElement('div');

    frame.className = 'code';
    head.className = 'code-head';
    head.append(
        textElement('span', '', language),
        copyButton(texts.code.copy, () => code.textContent.trimEnd()),
    );
    pre.replaceWith(frame);
    frame.append(head, pre);
    if (language && code.textContent.length < MAX_HIGHLIGHTED)
        highlight(code, language.toLowerCase(), sanitizeHighlight);
}

function highlight(code, language, sanitizeHighlight) {
    const apply = () => {
        if (!highlighter.getLanguage(language)) return;
        const { value } = highlighter.highlight(code.textContent, { language });
        code.replaceChildren(sanitizeHighlight(value));
    };

    if (highlighter) apply();
    else loadHighlighter().then(apply, () => {}); /* if loading fails, code stays plain */
}

async function loadHighlighter() {
    loading ??= import('./highlighter.js');
    highlighter = (await loading).default;
}
