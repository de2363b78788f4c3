/* chats - the list of chats: newest first, page by page, the current one marked.
 *
 * A chat and its branches are one line (families.js): it is renamed and deleted as a whole. */
import { exportUrl } from './api.js';
import { createChatRow, titleOf } from './chat-row.js';
import { confirmed } from './confirm.js';
import { failureOfThrown } from './failure.js';
import { familiesOf } from './families.js';
import { createMenu } from './menu.js';
import { texts } from './texts.js';
import { reasonOf } from './words.js';

/* on: { open(id), closed() }: a chat was chosen; the current one is gone. */
export function createChats({ root, api, say, on }) {
    const part = (id) => root.querySelector(`#${id}`);
    const [list, more, none] = ['chat-list', 'more-chats', 'no-chats'].map(part);
    const menu = createMenu(part('chat-menu'));
    const words = texts.chats;
    const chats = new Map(); /* id: what the server says of it */
    const rows = new Map(); /* root of a family: its row */
    let current = null;
    let cursor = null;

    more.addEventListener('click', () => tried(showMore));

    /* null: a chat that has no message yet, and stands in no list. */
    function setCurrent(id) {
        current = id;
        return tried(async () => {
            const isFirst = chats.size === 0;
            const page = await api.chats();
            cursor = isFirst ? page.more : cursor;
            take(page);
        });
    }

    async function showMore() {
        const last = list.lastElementChild;
        const page = await api.chats(cursor);

        cursor = page.more;
        take(page);
        if (!cursor) /* the button has gone */
            (last?.nextElementSibling ?? last)?.querySelector('button').focus();
    }

    function take(page) {
        page.conversations.forEach((chat) => chats.set(chat.conversation_id, chat));
        draw();
    }

    function draw() {
        const sorted = [...chats.values()].sort((a, b) => b.touched_at.localeCompare(a.touched_at));
        const elements = familiesOf(sorted).map(elementOf);

        if (elements.some((element, i) => element !== list.children[i]) || elements.length < list.childElementCount)
            withFocusKept(() => list.replaceChildren(...elements));
        more.hidden = !cursor;
        none.hidden = chats.size > 0;
    }

    function elementOf(family) {
        if (!rows.has(family.root))
            rows.set(family.root, createChatRow(family, { open: (id) => on.open(id), menu: showMenu, rename }));
        const row = rows.get(family.root);
        row.set(family);
        row.mark(family.ids.has(current));
        return row.element;
    }

    function showMenu(family, button) {
        const id = family.ids.has(current) ? current : family.shown.conversation_id;

        menu.open(button, [
            { label: words.rename, act: () => rows.get(family.root).rename() },
            { label: words.exportMarkdown, href: exportUrl(id, 'md') },
            { label: words.exportJson, href: exportUrl(id, 'json') },
            { label: words.remove, act: () => tried(() => remove(family)), isDangerous: true },
        ]);
    }

    function rename(family, title) {
        return tried(async () => {
            for (const id of family.ids) {
                const answer = await api.renameChat(id, title);
                if (chats.has(id))
                    chats.set(id, { ...chats.get(id), title: answer.title });
            }
            draw();
            say(words.renamed(title));
        });
    }

    async function remove(family) {
        if (!(await confirmed(texts.confirm.remove(titleOf(family.shown)))))
            return;
        const { element } = rows.get(family.root);
        const beside = element.nextElementSibling ?? element.previousElementSibling;
        for (const id of family.ids) {
            await api.deleteChat(id);
            chats.delete(id);
        }
        rows.delete(family.root);
        draw();
        (beside ?? root).querySelector('button').focus();
        say(words.removed);
        if (family.ids.has(current))
            on.closed();
    }

    async function tried(action) {
        try {
            await action();
        } catch (thrown) {
            say(reasonOf(failureOfThrown(thrown)), 'bad');
        }
    }

    return { setCurrent };
}

/* Moving an element takes the focus from it. */
function withFocusKept(change) {
    const focused = document.activeElement;

    change();
    if (focused?.isConnected && document.activeElement !== focused)
        focused.focus();
}
