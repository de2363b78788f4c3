/* texts - the words of the page, in the person's language: the chosen one, else the browser's.
 *
 * A language is one file in texts/ with the same names as en.js. */
import { keep, kept } from './keep.js';
import de from './texts/de.js';
import en from './texts/en.js';

export const languages = { en, de };

export const language = languageOf(kept('language'), globalThis.navigator?.languages ?? []);
export const texts = languages[language];

export function languageOf(chosen, tags) {
    const wanted = [chosen ?? '', ...tags].map((tag) => tag.slice(0, 2).toLowerCase());
    return wanted.find((tag) => Object.hasOwn(languages, tag)) ?? 'en';
}

/* Takes effect when the page is loaded again. */
export function chooseLanguage(name) {
    keep('language', name);
}

/* Fills data-t="a.b" with the text of that name, data-t-label with the accessible name, data-t-placeholder
 * with what stands in an empty field. */
export function fillTexts(root) {
    for (const element of root.querySelectorAll('[data-t]'))
        element.textContent = named(element.dataset.t);
    for (const element of root.querySelectorAll('[data-t-label]'))
        setLabel(element, named(element.dataset.tLabel));
    for (const element of root.querySelectorAll('[data-t-placeholder]'))
        element.placeholder = named(element.dataset.tPlaceholder);
}

export function setLabel(element, label) {
    element.setAttribute('aria-label', label);
    element.title = label;
}

function named(path) {
    return path.split('.').reduce((at, name) => at[name], texts);
}
