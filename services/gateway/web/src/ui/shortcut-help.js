/* shortcut-help - the dialog that lists the keyboard shortcuts. */
import { texts } from '../texts/texts.js';
import { need, textElement } from './dom.js';

export function createShortcutHelp({ dialog, button }) {
    need(dialog, '#shortcut-list').append(...texts.shortcuts.list.flatMap(createRow));
    need(dialog, '[data-close]').addEventListener('click', () => dialog.close());
    button.addEventListener('click', open);

    function open() {
        if (!document.querySelector('dialog[open]')) dialog.showModal();
    }

    return { open };
}

function createRow([keys, meaning]) {
    const term = document.createElement('dt');

    term.append(...keys.split(' ').map((key) => textElement('kbd', '', key)));
    return [term, textElement('dd', '', meaning)];
}
