/* banner - one line above everything, when the server runs in a way people must know about. */
import { texts } from './texts.js';

export function showBanner(element, session) {
    element.textContent = session.demo ? texts.demo : '';
    element.hidden = !session.demo;
}
