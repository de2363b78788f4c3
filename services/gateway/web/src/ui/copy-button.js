/* copy-button - a button that copies a text to the clipboard and reports the result. */
import { texts } from '../texts/texts.js';
import { iconButton } from './dom.js';
import { icon } from './icons.js';
import { setLabel } from './labels.js';

const RESULT_MS = 2000;

export function copyButton(label, getText) {
    const button = iconButton('copy', label, async () => {
        const succeeded = await copy(getText());

        button.replaceChildren(icon(succeeded ? 'check' : 'x'));
        setLabel(button, succeeded ? texts.copy.done : texts.copy.failed);
        setTimeout(() => {
            button.replaceChildren(icon('copy'));
            setLabel(button, label);
        }, RESULT_MS);
    });
    return button;
}

/* navigator.clipboard exists only on https and localhost; elsewhere execCommand still works. */
async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copyWithSelection(text);
    }
}

function copyWithSelection(text) {
    const field = document.createElement('textarea');
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);

    field.className = 'visually-hidden';
    field.value = text;
    document.body.append(field);
    field.select();
    const succeeded = document.execCommand('copy');
    field.remove();
    focused?.focus();
    return succeeded;
}
