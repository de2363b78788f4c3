/* menu - what can be done with one thing of a list, next to the button that was pressed.
 *
 * A popover: the browser closes it on Escape or on a click elsewhere and gives the focus back. */
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export function createMenu(element) {
    let opener = null;

    element.addEventListener('keydown', (event) => {
        const items = [...element.children];
        const at = items.indexOf(document.activeElement);

        if (event.key in STEPS)
            items.at((at + STEPS[event.key]) % items.length).focus();
        else if (event.key === 'Home' || event.key === 'End')
            items.at(event.key === 'Home' ? 0 : -1).focus();
        else
            return;
        event.preventDefault();
    });
    element.addEventListener('focusout', (event) => {
        if (!element.contains(event.relatedTarget) && document.hasFocus())
            hide();
    });
    element.addEventListener('beforetoggle', (event) => opener.setAttribute('aria-expanded', event.newState === 'open'));

    /* [{ label, act }] or [{ label, href }]: the latter is a file to save. */
    function open(button, items) {
        opener = button;
        element.replaceChildren(...items.map(itemOf));
        element.setAttribute('aria-label', button.getAttribute('aria-label'));
        element.showPopover();
        place(button.getBoundingClientRect());
        element.firstElementChild.focus();
    }

    function itemOf({ label, act, href, isDangerous }) {
        const item = document.createElement(href ? 'a' : 'button');

        item.setAttribute('role', 'menuitem');
        item.tabIndex = -1;
        item.textContent = label;
        item.classList.toggle('dangerous', Boolean(isDangerous));
        if (href)
            Object.assign(item, { href, download: '' });
        else
            item.type = 'button';
        item.addEventListener('click', () => {
            hide();
            act?.();
        });
        return item;
    }

    /* Below the button, above it where there is no room. */
    function place(at) {
        const { offsetHeight: height, offsetWidth: width } = element;
        const below = at.bottom + height <= window.innerHeight;

        element.style.top = `${Math.max(0, below ? at.bottom : at.top - height)}px`;
        element.style.left = `${Math.max(0, Math.min(at.right - width, window.innerWidth - width))}px`;
    }

    function hide() {
        if (element.matches(':popover-open'))
            element.hidePopover();
    }

    return { open };
}
