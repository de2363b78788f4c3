/* safe - the only door through which a model's HTML enters the page.
 *
 * A short list of plain elements and attributes; no style or id, and no class but the name of a language on
 * code, so that an answer cannot dress up as a part of the page.  Links go out in a tab of their own and
 * cannot reach back. */
import DOMPurify from 'dompurify';
import { frameCode } from './code.js';

const RULES = {
    ALLOWED_TAGS: [
        'a', 'b', 'blockquote', 'br', 'code', 'del', 'em', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'kbd', 'li', 'ol', 'p',
        'pre', 's', 'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'u', 'ul',
    ],
    ALLOWED_ATTR: ['align', 'href', 'start', 'title'],
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:)/i,
    ADD_URI_SAFE_ATTR: ['align', 'start'], /* else they too would have to be addresses */
    RETURN_DOM_FRAGMENT: true,
};

/* What the highlighter gives: the same text with marks on some of its words. */
const MARKS_ONLY = { ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'], RETURN_DOM_FRAGMENT: true };

const LANGUAGE = /^language-[\w#+-]{1,20}$/;

DOMPurify.addHook('uponSanitizeAttribute', (element, attribute) => {
    if (attribute.attrName === 'class' && element.nodeName === 'CODE' && LANGUAGE.test(attribute.attrValue))
        attribute.forceKeepAttr = true;
});

export function safeNodes(html) {
    const fragment = DOMPurify.sanitize(html, RULES);

    fragment.querySelectorAll('a').forEach(leadAway);
    fragment.querySelectorAll('table').forEach(frame);
    fragment.querySelectorAll('pre').forEach(reachByKeyboard);
    fragment.querySelectorAll('pre').forEach((pre) => frameCode(pre, safeMarks));
    return [...fragment.childNodes];
}

function safeMarks(html) {
    return DOMPurify.sanitize(html, MARKS_ONLY);
}

function leadAway(link) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
}

/* A wide table scrolls inside its frame, not the page. */
function frame(table) {
    const around = document.createElement('div');

    table.className = 'table table-sm';
    around.className = 'table-frame';
    table.replaceWith(around);
    around.append(table);
    reachByKeyboard(around);
}

function reachByKeyboard(scrolling) {
    scrolling.tabIndex = 0;
}
