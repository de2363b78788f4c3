/* icons - the few drawings in use, carried inside the bundle. */
import arrowUp from 'feather-icons/dist/icons/arrow-up.svg?raw';
import circle from 'feather-icons/dist/icons/alert-circle.svg?raw';
import moon from 'feather-icons/dist/icons/moon.svg?raw';
import settings from 'feather-icons/dist/icons/settings.svg?raw';
import square from 'feather-icons/dist/icons/square.svg?raw';
import sun from 'feather-icons/dist/icons/sun.svg?raw';
import x from 'feather-icons/dist/icons/x.svg?raw';
import mark from './icons/mark.svg?raw';

const drawings = { 'alert-circle': circle, 'arrow-up': arrowUp, mark, moon, settings, square, sun, x };

/* A drawing says nothing to a screen reader; the button around it has the name. */
export function icon(name) {
    const holder = document.createElement('template');
    holder.innerHTML = drawings[name];
    const svg = holder.content.firstElementChild;
    svg.setAttribute('aria-hidden', 'true');
    return svg;
}

export function fillIcons(root) {
    for (const element of root.querySelectorAll('[data-icon]'))
        element.replaceChildren(icon(element.dataset.icon));
}
