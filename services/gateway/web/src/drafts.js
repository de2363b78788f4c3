/* drafts - what was typed and not sent, for each chat, in the browser.
 *
 * Beside them the edit of an earlier message: one at a time, with the chat and the turn it belongs to. */
import { keep, kept } from './keep.js';

const MOST = 50; /* chats; the oldest drafts go first */
const NEW_CHAT = 'new';

export function draftOf(chat) {
    return all()[chat ?? NEW_CHAT] ?? '';
}

export function keepDraft(chat, text) {
    const drafts = all();

    delete drafts[chat ?? NEW_CHAT];
    if (text)
        drafts[chat ?? NEW_CHAT] = text; /* the latest is the last */
    const names = Object.keys(drafts);
    names.slice(0, Math.max(names.length - MOST, 0)).forEach((name) => delete drafts[name]);
    keep('draft', Object.keys(drafts).length > 0 ? drafts : null);
}

export function keepEdit(chat, turnId, text) {
    keep('edit', { chat, turnId, text });
}

export function forgetEdit() {
    keep('edit', null);
}

/* { turnId, text } of an edit that was left in this chat. */
export function editOf(chat) {
    const edit = kept('edit');
    return edit && edit.chat === chat ? edit : null;
}

function all() {
    const drafts = kept('draft');
    return typeof drafts === 'object' && drafts !== null ? drafts : {};
}
