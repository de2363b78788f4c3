/* labels - puts texts into the page: contents, accessible names and placeholders. */
import { texts } from '../texts/texts.js';

/* data-t="a.b" sets an element's text, data-t-label its accessible name, data-t-placeholder the
 * placeholder of an input. */
export function fillTexts(root) {
    for (const element of root.querySelectorAll('[data-t]'))
        element.textContent = textAt(element.dataset.t);
    for (const element of root.querySelectorAll('[data-t-label]'))
        setLabel(element, textAt(element.dataset.tLabel));
    for (const element of root.querySelectorAll('[data-t-placeholder]'))
        element.placeholder = textAt(element.dataset.tPlaceholder);
}

export function setLabel(element, label) {
    element.setAttribute('aria-label', label);
    element.title = label;
}

function textAt(path) {
    return path.split('.').reduce((at, name) => at[name], texts);
}
