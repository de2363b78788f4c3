/* texts - the words of the page, in the person's language.
 *
 * A language is one file in texts/ with the same names as en.js. */
import en from './texts/en.js';

const languages = { en };

const wanted = (globalThis.navigator?.languages ?? []).map((tag) => tag.slice(0, 2).toLowerCase());
export const language = wanted.find((tag) => tag in languages) ?? 'en';
export const texts = languages[language];

/* Fills data-t="a.b" with the text of that name, data-t-label="a.b" with the accessible name. */
export function fillTexts(root) {
    for (const element of root.querySelectorAll('[data-t]'))
        element.textContent = named(element.dataset.t);
    for (const element of root.querySelectorAll('[data-t-label]'))
        setLabel(element, named(element.dataset.tLabel));
}

export function setLabel(element, label) {
    element.setAttribute('aria-label', label);
    element.title = label;
}

function named(path) {
    return path.split('.').reduce((at, name) => at[name], texts);
}
