/* help - the sheet that tells which keys do what. */
import { textElement } from './dom.js';
import { texts } from './texts.js';

export function createHelp({ dialog, button }) {
    dialog.querySelector('#help-keys').append(...texts.help.keys.flatMap(row));
    dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
    button.addEventListener('click', open);

    function open() {
        if (!document.querySelector('dialog[open]'))
            dialog.showModal();
    }

    return { open };
}

function row([keys, meaning]) {
    const name = document.createElement('dt');

    name.append(...keys.split(' ').map((key) => textElement('kbd', '', key)));
    return [name, textElement('dd', '', meaning)];
}
