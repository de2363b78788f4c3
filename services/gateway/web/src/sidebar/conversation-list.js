/* conversation-list - the list of conversations, newest first, page by page.
 *
 * A conversation and its branches are one entry (tree.js), renamed and deleted together. */
import { exportUrl } from '../net/api.js';
import { failureText } from '../net/failure-text.js';
import { failureFromThrown } from '../net/failure.js';
import { texts } from '../texts/texts.js';
import { confirmAction } from '../ui/confirm.js';
import { need } from '../ui/dom.js';
import { createMenu } from '../ui/menu.js';
import { createConversationRow, titleOf } from './conversation-row.js';
import { groupByTree } from './tree.js';

/**
 * @param {object} options
 * @param {Element} options.root
 * @param {ReturnType<typeof import('../net/api.js').createApi>} options.api
 * @param {(text: string, kind?: string) => void} options.showStatus
 * @param {{ open: (id: string) => void, closed: () => void }} options.on closed: the current
 *     conversation was deleted
 */
export function createConversationList({ root, api, showStatus, on }) {
    const parts = ['#conversation-list', '#more-conversations', '#no-conversations'];
    const [list, more, none] = parts.map((selector) => need(root, selector));
    const menu = createMenu(need(root, '#conversation-menu'));
    const labels = texts.conversations;
    const conversations = new Map(); /* id -> the server's description */
    const rows = new Map(); /* root of a tree -> its row */
    const rowEvents = { open: (id) => on.open(id), menu: showMenu, rename };
    let current = null;
    let cursor = null;

    more.addEventListener('click', () => attempt(showMore));

    /* null: a new conversation without messages, which is not in the list. */
    function setCurrent(id) {
        current = id;
        return attempt(async () => {
            const isFirst = conversations.size === 0;
            const page = await api.conversations();
            cursor = isFirst ? page.more : cursor;
            add(page);
        });
    }

    async function showMore() {
        const last = list.lastElementChild;
        const page = await api.conversations(cursor);

        cursor = page.more;
        add(page);
        /* the button that had the focus is gone */
        if (!cursor) (last?.nextElementSibling ?? last)?.querySelector('button').focus();
    }

    function add(page) {
        page.conversations.forEach((one) => conversations.set(one.conversation_id, one));
        draw();
    }

    function draw() {
        const sorted = [...conversations.values()].sort((a, b) =>
            b.touched_at.localeCompare(a.touched_at),
        );
        const elements = groupByTree(sorted).map(updateRow);
        const isMoved = elements.some((element, i) => element !== list.children[i]);

        if (isMoved || elements.length < list.childElementCount)
            keepFocus(() => list.replaceChildren(...elements));
        more.hidden = !cursor;
        none.hidden = conversations.size > 0;
    }

    function updateRow(tree) {
        if (!rows.has(tree.root)) rows.set(tree.root, createConversationRow(tree, rowEvents));
        const row = rows.get(tree.root);
        row.set(tree);
        row.setCurrent(tree.ids.has(current));
        return row.element;
    }

    function showMenu(tree, button) {
        const id = tree.ids.has(current) ? current : tree.latest.conversation_id;

        menu.open(button, [
            { label: labels.rename, act: () => rows.get(tree.root).rename() },
            { label: labels.exportMarkdown, href: exportUrl(id, 'md') },
            { label: labels.exportJson, href: exportUrl(id, 'json') },
            { label: labels.remove, act: () => attempt(() => remove(tree)), isDangerous: true },
        ]);
    }

    function rename(tree, title) {
        return attempt(async () => {
            for (const id of tree.ids) {
                const reply = await api.renameConversation(id, title);
                if (conversations.has(id))
                    conversations.set(id, { ...conversations.get(id), title: reply.title });
            }
            draw();
            showStatus(labels.renamed(title));
        });
    }

    async function remove(tree) {
        if (!(await confirmAction(texts.confirm.remove(titleOf(tree.latest))))) return;
        const { element } = rows.get(tree.root);
        const neighbour = element.nextElementSibling ?? element.previousElementSibling;

        for (const id of tree.ids) {
            await api.deleteConversation(id);
            conversations.delete(id);
        }
        rows.delete(tree.root);
        draw();
        (neighbour ?? root).querySelector('button').focus();
        showStatus(labels.removed);
        if (tree.ids.has(current)) on.closed();
    }

    async function attempt(action) {
        try {
            await action();
        } catch (thrown) {
            showStatus(failureText(failureFromThrown(thrown)), 'error');
        }
    }

    return { setCurrent };
}

/* Moving an element makes it lose the focus. */
function keepFocus(change) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);

    change();
    if (focused?.isConnected && document.activeElement !== focused) focused.focus();
}
