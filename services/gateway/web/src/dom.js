/* dom - the few small things the page is made of at run time. */
import { icon } from './icons.js';

export function alertOf(text, buttons) {
    const box = boxOf('alert alert-danger', text, buttons);
    box.prepend(icon('alert-circle'));
    return box;
}

export function noticeOf(text, buttons) {
    return boxOf('notice', text, buttons);
}

function boxOf(className, text, buttons) {
    const box = document.createElement('div');
    box.className = className;
    box.append(paragraph('', text), ...buttons);
    return box;
}

export function paragraph(className, text) {
    const p = document.createElement('p');
    p.className = className;
    p.textContent = text;
    return p;
}

export function button(label, onClick) {
    const b = document.createElement('button');
    b.type = 'button';
    b.className = 'btn btn-sm btn-outline-secondary';
    b.textContent = label;
    b.addEventListener('click', onClick);
    return b;
}
