/* banner - what people must know about the server, above everything, and what helps on the first visit. */
import { keep, kept } from './keep.js';
import { texts } from './texts.js';

export function showBanner(element, session) {
    element.textContent = session.demo ? texts.demo : '';
    element.hidden = !session.demo;
}

/* Shown until it was understood. */
export function startFirstVisit(element) {
    element.hidden = Boolean(kept('hint_seen'));
    element.querySelector('button').addEventListener('click', () => {
        keep('hint_seen', true);
        element.hidden = true;
        document.getElementById('box').focus();
    });
}
