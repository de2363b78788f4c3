/* sidebar - places the list of conversations: beside the page on wide screens, else in a drawer.
 *
 * The drawer is a modal dialog: the browser traps the focus, closes it on Escape and restores the
 * focus.  The list itself moves from one to the other, so there is only one. */
import { loadItem, storeItem } from '../base/storage.js';

const wide = window.matchMedia('(min-width: 60rem)');

export function createSidebar({ aside, drawer, content, openButton, closeButton }) {
    openButton.addEventListener('click', open);
    closeButton.addEventListener('click', close);
    /* a click on the backdrop */
    drawer.addEventListener('click', (event) => event.target === drawer && drawer.close());
    wide.addEventListener('change', place);
    place();

    function place() {
        drawer.close();
        (wide.matches ? aside : drawer).append(content);
        showAside(!loadItem('sidebar_hidden'));
    }

    function open() {
        if (!wide.matches) {
            drawer.showModal();
            return;
        }
        storeItem('sidebar_hidden', null);
        showAside(true);
        closeButton.focus();
    }

    function close() {
        if (!wide.matches) {
            drawer.close();
            return;
        }
        storeItem('sidebar_hidden', true);
        showAside(false);
        openButton.focus();
    }

    function showAside(isShown) {
        aside.hidden = !wide.matches || !isShown;
        openButton.hidden = !aside.hidden;
    }

    /* After a selection the drawer is in the way; the sidebar beside the page is not. */
    return { closeDrawer: () => drawer.close() };
}
