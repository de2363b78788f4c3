/* dom - the few small things the page is made of at run time. */
import { icon } from './icons.js';
import { setLabel } from './texts.js';

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
    return textElement('p', className, text);
}

export function textElement(name, className, text) {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
}

/* A button that is only its drawing: the label is its name, and its hint. */
export function iconButton(name, label, onClick) {
    const b = document.createElement('button');
    b.type = 'button';
    b.className = 'btn btn-icon';
    b.append(icon(name));
    setLabel(b, label);
    b.addEventListener('click', onClick);
    return b;
}

export function button(label, onClick) {
    const b = document.createElement('button');
    b.type = 'button';
    b.className = 'btn btn-sm btn-outline-secondary';
    b.textContent = label;
    b.addEventListener('click', onClick);
    return b;
}

/* Texts that do something when pressed, as a list. */
export function buttonList(labels, onClick, className) {
    const list = document.createElement('ul');

    list.className = className;
    list.append(...labels.map((label) => {
        const item = document.createElement('li');
        item.append(button(label, () => onClick(label)));
        return item;
    }));
    return list;
}

/* New buttons for old ones; the focus stays at its place. */
export function refill(holder, nodes) {
    const at = [...holder.querySelectorAll('button')].indexOf(document.activeElement);

    holder.replaceChildren(...nodes);
    if (at >= 0)
        holder.querySelectorAll('button')[at]?.focus();
}
