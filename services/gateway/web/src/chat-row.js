/* chat-row - one chat in the list: its title, which opens it, and the button with all else. */
import { icon } from './icons.js';
import { setLabel, texts } from './texts.js';

/* on: { open(id), menu(family, button), rename(family, title) } */
export function createChatRow(family, on) {
    const element = document.createElement('li');
    const opener = document.createElement('button');
    const more = document.createElement('button');

    element.className = 'chat';
    opener.type = more.type = 'button';
    opener.className = 'chat-open';
    more.className = 'btn btn-icon chat-more';
    more.append(icon('more-horizontal'));
    more.setAttribute('aria-haspopup', 'menu');
    more.setAttribute('aria-expanded', 'false');
    opener.addEventListener('click', () => on.open(family.shown.conversation_id));
    more.addEventListener('click', () => on.menu(family, more));
    element.append(opener, more);
    set(family);

    function set(newer) {
        const title = titleOf(newer.shown);

        family = newer;
        opener.textContent = opener.title = title;
        setLabel(more, texts.chats.menu(title));
    }

    function mark(isCurrent) {
        if (isCurrent)
            opener.setAttribute('aria-current', 'true');
        else
            opener.removeAttribute('aria-current');
    }

    /* The title becomes a field: Enter keeps what is typed and so does leaving it, Escape does not. */
    function rename() {
        const form = document.createElement('form');
        const field = document.createElement('input');
        let isOver = false; /* taking the field away makes it lose the focus, which is no answer */

        form.className = 'chat-rename';
        field.className = 'form-control form-control-sm';
        field.maxLength = 80;
        field.value = family.shown.title;
        field.setAttribute('aria-label', texts.chats.renameLabel);
        form.append(field);
        form.addEventListener('submit', (event) => {
            event.preventDefault();
            end(true);
        });
        field.addEventListener('blur', () => end(true));
        field.addEventListener('keydown', (event) => {
            if (event.key !== 'Escape')
                return;
            event.preventDefault(); /* else the drawer closes too */
            end(false);
        });
        element.replaceChildren(form);
        field.focus();
        field.select();

        function end(isKept) {
            const title = field.value.trim();
            const hadFocus = document.activeElement === field;

            if (isOver)
                return;
            isOver = true;
            form.replaceWith(opener, more);
            if (hadFocus)
                opener.focus();
            if (isKept && title && title !== family.shown.title)
                on.rename(family, title);
        }
    }

    return { element, mark, rename, set };
}

export function titleOf(chat) {
    return chat.title || texts.chats.untitled;
}
