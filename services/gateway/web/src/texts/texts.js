/* texts - the texts of the page in the selected language, or else the browser's.
 *
 * Each language is one file here with the same keys as en.js. */
import { loadItem, storeItem } from '../base/storage.js';
import de from './de.js';
import en from './en.js';

export const languages = { en, de };

export const language = selectLanguage(loadItem('language'), globalThis.navigator?.languages ?? []);
export const texts = languages[language];

/* selected: the user's choice, or null; preferred: the browser's language tags. */
export function selectLanguage(selected, preferred) {
    const wanted = [selected ?? '', ...preferred].map((tag) => tag.slice(0, 2).toLowerCase());
    return wanted.find((tag) => Object.hasOwn(languages, tag)) ?? 'en';
}

/* Takes effect when the page is reloaded. */
export function storeLanguage(name) {
    storeItem('language', name);
}
