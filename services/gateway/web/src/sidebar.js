/* sidebar - where the list of chats stands: beside the talk on wide screens, in a drawer on narrow ones.
 *
 * The drawer is the browser's own modal dialog: it keeps the focus, closes on Escape and gives the focus
 * back.  The list itself moves from one to the other, so there is only ever one. */
import { keep, kept } from './keep.js';

const wide = window.matchMedia('(min-width: 60rem)');

export function createSidebar({ aside, drawer, content, openButton, closeButton }) {
    openButton.addEventListener('click', open);
    closeButton.addEventListener('click', close);
    drawer.addEventListener('click', (event) => event.target === drawer && drawer.close()); /* beside it */
    wide.addEventListener('change', place);
    place();

    function place() {
        drawer.close();
        (wide.matches ? aside : drawer).append(content);
        showAside(!kept('sidebar_hidden'));
    }

    function open() {
        if (!wide.matches) {
            drawer.showModal();
            return;
        }
        keep('sidebar_hidden', null);
        showAside(true);
        closeButton.focus();
    }

    function close() {
        if (!wide.matches) {
            drawer.close();
            return;
        }
        keep('sidebar_hidden', true);
        showAside(false);
        openButton.focus();
    }

    function showAside(isShown) {
        aside.hidden = !wide.matches || !isShown;
        openButton.hidden = !aside.hidden;
    }

    /* After something was chosen the drawer is in the way; the column beside the talk is not. */
    return { done: () => drawer.close() };
}
