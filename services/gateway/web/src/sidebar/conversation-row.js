/* conversation-row - one conversation in the list: its title, which opens it, and a menu button. */
import { texts } from '../texts/texts.js';
import { icon } from '../ui/icons.js';
import { setLabel } from '../ui/labels.js';
import { createRenameForm } from './rename-form.js';

/* on: { open(id), menu(tree, button), rename(tree, title) } */
export function createConversationRow(tree, on) {
    const element = document.createElement('li');
    const opener = createButton('conversation-open');
    const more = createButton('btn btn-icon conversation-more');

    element.className = 'conversation';
    more.append(icon('more-horizontal'));
    more.setAttribute('aria-haspopup', 'menu');
    more.setAttribute('aria-expanded', 'false');
    opener.addEventListener('click', () => on.open(tree.latest.conversation_id));
    more.addEventListener('click', () => on.menu(tree, more));
    element.append(opener, more);
    set(tree);

    function set(newer) {
        const title = titleOf(newer.latest);

        tree = newer;
        opener.textContent = opener.title = title;
        setLabel(more, texts.conversations.menu(title));
    }

    function setCurrent(isCurrent) {
        if (isCurrent) opener.setAttribute('aria-current', 'true');
        else opener.removeAttribute('aria-current');
    }

    /* Replaces the title with a text field. */
    function rename() {
        const form = createRenameForm(tree.latest.title, (title, hadFocus) => {
            form.element.replaceWith(opener, more);
            if (hadFocus) opener.focus();
            if (title && title !== tree.latest.title) on.rename(tree, title);
        });

        element.replaceChildren(form.element);
        form.focus();
    }

    return { element, rename, set, setCurrent };
}

export function titleOf(conversation) {
    return conversation.title || texts.conversations.untitled;
}

function createButton(className) {
    const button = document.createElement('button');

    button.type = 'button';
    button.className = className;
    return button;
}
