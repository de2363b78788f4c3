/* confirm - asks for confirmation before something that cannot be undone. */
import { need } from './dom.js';

/* Resolves to true only for an explicit yes; Escape means no. */
export function confirmAction({ title, text, yes }) {
    const dialog = need(document, '#confirm');

    need(dialog, '#confirm-title').textContent = title;
    need(dialog, '#confirm-text').textContent = text;
    need(dialog, '#confirm-yes').textContent = yes;
    dialog.returnValue = '';
    dialog.showModal();
    return new Promise((resolve) => {
        const onClose = () => resolve(dialog.returnValue === 'yes');
        dialog.addEventListener('close', onClose, { once: true });
    });
}
