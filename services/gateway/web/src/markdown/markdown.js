/* markdown - converts a model's Markdown to HTML, block by block.
 *
 * Text in, text out.  The result is not safe: only sanitize.js may turn it into nodes.  HTML that a
 * model writes is shown as text, except for a few plain inline tags, so "List<String>" stays
 * complete. */
import { Marked } from 'marked';
import { repairMarkdown } from './repair-markdown.js';

const INLINE_TAG = /^<\/?(b|br|em|i|kbd|s|strong|sub|sup|u)\s*\/?>$/i;
const TOP_HEADING = 3;
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const marked = new Marked({
    renderer: {
        html: ({ text, block }) => (block ? `<p>${renderTag(text)}</p>` : renderTag(text)),
        /* Images are never loaded; a link says where the image is. */
        image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || href)}</a>`,
        checkbox: ({ checked }) => (checked ? '☑' : '☐'),
    },
});

/**
 * The blocks of a text: { key, html() }.  A block whose key has not changed is the same block, and
 * the view keeps its nodes.
 *
 * @param {string} text
 * @param {boolean} [isOpen] the text is incomplete: its last block is repaired
 */
export function blocksOf(text, isOpen = false) {
    /** @type {any[]} */
    const tokens = tokenize(text);
    const last = isOpen ? tokens.pop() : undefined;

    if (last) tokens.push(...tokenize(repairMarkdown(last.raw)));
    shiftHeadings(tokens.filter((token) => token.type === 'heading'));
    return tokens.map((token) => ({
        key: `${token.depth ?? ''} ${token.raw}`,
        html: () => marked.parser([token]),
    }));
}

export function htmlOf(text, isOpen = false) {
    return blocksOf(text, isOpen)
        .map((block) => block.html())
        .join('');
}

/* Leaves out tokens that show nothing: space between blocks and link definitions. */
function tokenize(text) {
    return marked.lexer(text).filter(({ type }) => type !== 'space' && type !== 'def');
}

/* The page has an h1 and each message an h2, so the first heading of an answer becomes an h3. */
function shiftHeadings(headings) {
    const top = headings[0]?.depth;

    for (const heading of headings)
        heading.depth = Math.min(Math.max(heading.depth - top, 0) + TOP_HEADING, 6);
}

function renderTag(html) {
    return INLINE_TAG.test(html.trim()) ? html : escape(html);
}

function escape(text) {
    return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
