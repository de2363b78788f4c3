/* sanitize - the only way for a model's HTML into the page.
 *
 * Allows a short list of plain elements and attributes.  No style, no id, and no class except a
 * language name on code, so an answer cannot imitate parts of the page.  Links open in a new tab
 * without access to this one. */
import DOMPurify from 'dompurify';
import { frameCodeBlock } from './code-block.js';

const INLINE_TAGS = 'a b br code del em i kbd s strong sub sup u'.split(' ');
const BLOCK_TAGS = 'blockquote h3 h4 h5 h6 hr li ol p pre ul'.split(' ');
const TABLE_TAGS = 'table tbody td th thead tr'.split(' ');

const ANSWER_RULES = {
    ALLOWED_TAGS: [...INLINE_TAGS, ...BLOCK_TAGS, ...TABLE_TAGS],
    ALLOWED_ATTR: ['align', 'href', 'start', 'title'],
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:)/i,
    ADD_URI_SAFE_ATTR: ['align', 'start'] /* not URLs: the pattern does not apply to them */,
};

/* The highlighter's output: the same text with some words in spans. */
const HIGHLIGHT_RULES = { ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'] };

const LANGUAGE_CLASS = /^language-[\w#+-]{1,20}$/;

DOMPurify.addHook('uponSanitizeAttribute', (element, attribute) => {
    const { attrName, attrValue } = attribute;

    if (attrName === 'class' && element.nodeName === 'CODE' && LANGUAGE_CLASS.test(attrValue))
        attribute.forceKeepAttr = true;
});

/* The nodes of an answer's HTML. */
export function sanitize(html) {
    const fragment = DOMPurify.sanitize(html, { ...ANSWER_RULES, RETURN_DOM_FRAGMENT: true });

    fragment.querySelectorAll('a').forEach(openInNewTab);
    fragment.querySelectorAll('table').forEach(frameTable);
    fragment.querySelectorAll('pre').forEach(makeFocusable);
    fragment.querySelectorAll('pre').forEach((pre) => frameCodeBlock(pre, sanitizeHighlight));
    return [...fragment.childNodes];
}

function sanitizeHighlight(html) {
    return DOMPurify.sanitize(html, { ...HIGHLIGHT_RULES, RETURN_DOM_FRAGMENT: true });
}

function openInNewTab(link) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
}

/* A wide table scrolls inside its frame instead of widening the page. */
function frameTable(table) {
    const frame = document.createElement('div');

    table.className = 'table table-sm';
    frame.className = 'table-frame';
    table.replaceWith(frame);
    frame.append(table);
    makeFocusable(frame);
}

/* What scrolls must be reachable by keyboard. */
function makeFocusable(element) {
    element.tabIndex = 0;
}
