/* markdown - a model's text as HTML, one piece for each block of it.
 *
 * Pure text to text and not safe by itself: only safe.js may turn the result into nodes.  Words come
 * first here: HTML that a model writes is shown as the characters it typed, apart from a few plain
 * marks, so that "List<String>" loses nothing. */
import { Marked } from 'marked';
import { mended } from './mend.js';

const PLAIN_MARK = /^<\/?(b|br|em|i|kbd|s|strong|sub|sup|u)\s*\/?>$/i;
const TOP_HEADING = 3;
const SPECIAL = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const marked = new Marked({
    renderer: {
        html: ({ text, block }) => (block ? `<p>${typed(text)}</p>` : typed(text)),
        /* No picture is ever fetched: a link says where it is. */
        image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
        checkbox: ({ checked }) => (checked ? '☑' : '☐'),
    },
});

/* The blocks of a text: { key, html() }.  A block with the same key as before is the same: the view keeps
 * its nodes.  Of a text that is open, as it grows or broke off, the last block is mended, the others are
 * finished. */
export function blocksOf(text, isOpen = false) {
    const tokens = tokensOf(text);
    const last = isOpen ? tokens.pop() : undefined;

    if (last)
        tokens.push(...tokensOf(mended(last.raw)));
    lowerHeadings(tokens.filter((token) => token.type === 'heading'));
    return tokens.map((token) => ({
        key: `${token.depth ?? ''} ${token.raw}`,
        html: () => marked.parser([token]),
    }));
}

export function htmlOf(text, isOpen = false) {
    return blocksOf(text, isOpen).map((block) => block.html()).join('');
}

/* Space between blocks, and names of links that are used elsewhere, show nothing. */
function tokensOf(text) {
    return marked.lexer(text).filter(({ type }) => type !== 'space' && type !== 'def');
}

/* The page has h1 and a message h2, so the first heading of an answer is h3 whatever the model thinks. */
function lowerHeadings(headings) {
    const top = headings[0]?.depth;

    for (const heading of headings)
        heading.depth = Math.min(Math.max(heading.depth - top, 0) + TOP_HEADING, 6);
}

function typed(html) {
    return PLAIN_MARK.test(html.trim()) ? html : escaped(html);
}

function escaped(text) {
    return text.replace(/[&<>"']/g, (character) => SPECIAL[character]);
}
