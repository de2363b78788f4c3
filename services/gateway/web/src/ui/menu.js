/* menu - the actions for one item of a list, shown beside the button that opened it.
 *
 * A popover: the browser closes it on Escape or on a click outside and restores the focus. */
const ARROWS = { ArrowDown: 1, ArrowUp: -1 };

export function createMenu(element) {
    let opener = null;

    element.addEventListener('keydown', moveFocus);
    element.addEventListener('focusout', (event) => {
        if (!element.contains(event.relatedTarget) && document.hasFocus()) hide();
    });
    element.addEventListener('beforetoggle', (event) =>
        opener.setAttribute('aria-expanded', String(event.newState === 'open')),
    );

    /* items: [{ label, act }], or [{ label, href }] for a file to download. */
    function open(button, items) {
        opener = button;
        element.replaceChildren(...items.map(createItem));
        element.setAttribute('aria-label', button.getAttribute('aria-label'));
        element.showPopover();
        position(button.getBoundingClientRect());
        element.firstElementChild.focus();
    }

    function createItem({ label, act, href, isDangerous }) {
        const item = document.createElement(href ? 'a' : 'button');

        item.setAttribute('role', 'menuitem');
        item.tabIndex = -1;
        item.textContent = label;
        item.classList.toggle('dangerous', Boolean(isDangerous));
        Object.assign(item, href ? { href, download: '' } : { type: 'button' });
        item.addEventListener('click', () => {
            hide();
            act?.();
        });
        return item;
    }

    function moveFocus(event) {
        const items = [...element.children];
        const at = items.indexOf(document.activeElement);

        if (event.key in ARROWS) items.at((at + ARROWS[event.key]) % items.length).focus();
        else if (event.key === 'Home') items.at(0).focus();
        else if (event.key === 'End') items.at(-1).focus();
        else return;
        event.preventDefault();
    }

    /* Below the button, or above it if there is no space below. */
    function position(at) {
        const { offsetHeight: height, offsetWidth: width } = element;
        const below = at.bottom + height <= window.innerHeight;
        const left = Math.min(at.right - width, window.innerWidth - width);

        element.style.top = `${Math.max(0, below ? at.bottom : at.top - height)}px`;
        element.style.left = `${Math.max(0, left)}px`;
    }

    function hide() {
        if (element.matches(':popover-open')) element.hidePopover();
    }

    return { open };
}
