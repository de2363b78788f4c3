/* introduction - a note for new users, shown until it is dismissed. */
import { loadItem, storeItem } from '../base/storage.js';
import { need } from './dom.js';

export function startIntroduction(element, focusNext) {
    element.hidden = Boolean(loadItem('introduction_seen'));
    need(element, 'button').addEventListener('click', () => {
        storeItem('introduction_seen', true);
        element.hidden = true;
        focusNext();
    });
}
