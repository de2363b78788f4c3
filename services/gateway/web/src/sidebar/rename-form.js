/* rename-form - a text field for a conversation's title.
 *
 * Enter and leaving the field accept the title, Escape cancels. */
import { texts } from '../texts/texts.js';

const MAX_LENGTH = 80;

/* onEnd(title, hadFocus): called once; title is null if the user cancelled. */
export function createRenameForm(title, onEnd) {
    const element = document.createElement('form');
    const field = document.createElement('input');
    let isOver = false; /* removing the field also makes it lose the focus */

    element.className = 'conversation-rename';
    field.className = 'form-control form-control-sm';
    field.maxLength = MAX_LENGTH;
    field.value = title;
    field.setAttribute('aria-label', texts.conversations.renameLabel);
    element.append(field);
    element.addEventListener('submit', (event) => {
        event.preventDefault();
        end(field.value.trim());
    });
    field.addEventListener('blur', () => end(field.value.trim()));
    field.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault(); /* or the drawer would close, too */
        end(null);
    });

    function end(newTitle) {
        if (isOver) return;
        isOver = true;
        onEnd(newTitle, document.activeElement === field);
    }

    function focus() {
        field.focus();
        field.select();
    }

    return { element, focus };
}
