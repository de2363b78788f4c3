/* chats - the list of chats: newest first, page by page, the current one marked. */
import { exportUrl } from './api.js';
import { createChatRow, titleOf } from './chat-row.js';
import { confirmed } from './confirm.js';
import { failureOfThrown } from './failure.js';
import { createMenu } from './menu.js';
import { texts } from './texts.js';
import { reasonOf } from './words.js';

/* on: { open(id), closed() }: a chat was chosen; the current one is gone. */
export function createChats({ root, api, say, on }) {
    const part = (id) => root.querySelector(`#${id}`);
    const [list, more, none] = ['chat-list', 'more-chats', 'no-chats'].map(part);
    const menu = createMenu(part('chat-menu'));
    const words = texts.chats;
    const rows = new Map(); /* id: row */
    let current = null;
    let cursor = null;

    more.addEventListener('click', () => tried(showMore));

    /* The first page anew; what was loaded behind it stays as it is. */
    function refresh() {
        return tried(async () => {
            const page = await api.chats();
            const isFirst = rows.size === 0;
            const first = page.conversations.map(rowOf);
            const others = [...list.children].filter((element) => !first.includes(element));

            withFocusKept(() => list.replaceChildren(...first, ...others));
            cursor = isFirst ? page.more : cursor;
            drawRest();
        });
    }

    async function showMore() {
        const page = await api.chats(cursor);
        const before = list.lastElementChild;

        page.conversations.map(rowOf).forEach((element) => element.isConnected || list.append(element));
        cursor = page.more;
        drawRest();
        if (!cursor) /* the button goes away */
            before?.nextElementSibling?.querySelector('button').focus();
    }

    function rowOf(chat) {
        const { conversation_id: id } = chat;

        if (!rows.has(id))
            rows.set(id, createChatRow(chat, { open: () => on.open(id), menu: showMenu, rename }));
        rows.get(id).set(chat);
        return rows.get(id).element;
    }

    function drawRest() {
        more.hidden = !cursor;
        none.hidden = rows.size > 0;
        rows.forEach((row, id) => row.mark(id === current));
    }

    function showMenu(chat, button) {
        const { conversation_id: id } = chat;

        menu.open(button, [
            { label: words.rename, act: () => rows.get(id).rename() },
            { label: words.exportMarkdown, href: exportUrl(id, 'md') },
            { label: words.exportJson, href: exportUrl(id, 'json') },
            { label: words.remove, act: () => tried(() => remove(chat)), isDangerous: true },
        ]);
    }

    function rename(chat, title) {
        return tried(async () => {
            const answer = await api.renameChat(chat.conversation_id, title);
            rows.get(chat.conversation_id)?.set({ ...chat, title: answer.title });
            say(words.renamed(answer.title));
        });
    }

    async function remove(chat) {
        const { conversation_id: id } = chat;

        if (!(await confirmed(texts.confirm.remove(titleOf(chat)))))
            return;
        await api.deleteChat(id);
        const next = rows.get(id).element.nextElementSibling ?? rows.get(id).element.previousElementSibling;
        rows.get(id).element.remove();
        rows.delete(id);
        drawRest();
        (next ?? root).querySelector('button').focus();
        say(words.removed);
        if (id === current)
            on.closed();
    }

    /* null: a chat that has no message yet, and stands in no list. */
    function setCurrent(id) {
        current = id;
        return refresh();
    }

    async function tried(action) {
        try {
            await action();
        } catch (thrown) {
            say(reasonOf(failureOfThrown(thrown)), 'bad');
        }
    }

    return { refresh, setCurrent };
}

/* Moving an element takes the focus from it. */
function withFocusKept(change) {
    const focused = document.activeElement;

    change();
    if (focused?.isConnected && document.activeElement !== focused)
        focused.focus();
}
