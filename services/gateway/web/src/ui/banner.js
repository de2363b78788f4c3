/* banner - a line at the top of the page that says that answers are samples. */
import { texts } from '../texts/texts.js';

export function showBanner(element, session) {
    element.textContent = session.demo ? texts.demo : '';
    element.hidden = !session.demo;
}
