/* copy - a button that puts a text on the clipboard, and says so. */
import { iconButton } from './dom.js';
import { icon } from './icons.js';
import { setLabel, texts } from './texts.js';

const SHOWN_MS = 2000;

export function copyButton(label, textOf) {
    const button = iconButton('copy', label, async () => {
        const worked = await copied(textOf());

        button.replaceChildren(icon(worked ? 'check' : 'x'));
        setLabel(button, worked ? texts.copy.done : texts.copy.failed);
        setTimeout(() => {
            button.replaceChildren(icon('copy'));
            setLabel(button, label);
        }, SHOWN_MS);
    });
    return button;
}

/* The clipboard of today exists only on https and localhost; elsewhere the old way does. */
async function copied(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copiedTheOldWay(text);
    }
}

function copiedTheOldWay(text) {
    const holder = document.createElement('textarea');
    const before = document.activeElement;

    holder.className = 'visually-hidden';
    holder.value = text;
    document.body.append(holder);
    holder.select();
    const worked = document.execCommand('copy');
    holder.remove();
    before?.focus();
    return worked;
}
