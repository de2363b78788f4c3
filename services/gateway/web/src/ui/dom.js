/* dom - finds and creates elements. */
import { icon } from './icons.js';
import { setLabel } from './labels.js';

/**
 * The element of that selector.  Throws if there is none: index.html and the code disagree then.
 *
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {any} an element of the type that index.html gives it
 */
export function need(root, selector) {
    const element = root.querySelector(selector);

    if (!element) throw new Error(`missing element: ${selector}`);
    return element;
}

export function alertBox(text, buttons) {
    const box = boxWith('alert alert-danger', text, buttons);
    box.prepend(icon('alert-circle'));
    return box;
}

export function noticeBox(text, buttons) {
    return boxWith('notice', text, buttons);
}

function boxWith(className, text, buttons) {
    const box = document.createElement('div');
    box.className = className;
    box.append(textElement('p', '', text), ...buttons);
    return box;
}

export function textElement(name, className, text) {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
}

/* A button that shows only an icon; the label is its accessible name and tooltip. */
export function iconButton(name, label, onClick) {
    const element = document.createElement('button');
    element.type = 'button';
    element.className = 'btn btn-icon';
    element.append(icon(name));
    setLabel(element, label);
    element.addEventListener('click', onClick);
    return element;
}

export function button(label, onClick) {
    const element = document.createElement('button');
    element.type = 'button';
    element.className = 'btn btn-sm btn-outline-secondary';
    element.textContent = label;
    element.addEventListener('click', onClick);
    return element;
}

/* A list of buttons, one for each label. */
export function buttonList(labels, onClick, className) {
    const list = document.createElement('ul');

    list.className = className;
    for (const label of labels) {
        const item = document.createElement('li');
        item.append(button(label, () => onClick(label)));
        list.append(item);
    }
    return list;
}

/* Replaces the buttons in `parent`; the focus stays on the button at the same position. */
export function replaceButtons(parent, nodes) {
    const focused = [...parent.querySelectorAll('button')].findIndex(
        (element) => element === document.activeElement,
    );

    parent.replaceChildren(...nodes);
    if (focused >= 0) parent.querySelectorAll('button')[focused]?.focus();
}
