/* confirm - asks before something that cannot be undone. */
const dialog = document.getElementById('confirm');

/* { title, text, yes }: resolves to true only for an explicit yes; Escape is no. */
export function confirmed({ title, text, yes }) {
    dialog.querySelector('#confirm-title').textContent = title;
    dialog.querySelector('#confirm-text').textContent = text;
    dialog.querySelector('#confirm-yes').textContent = yes;
    dialog.returnValue = '';
    dialog.showModal();
    return new Promise((resolve) => {
        dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    });
}
