/* drafts - texts that were typed but not sent, one for each conversation, in the browser's storage.
 *
 * Also the edit of an earlier message: one at a time, with its conversation and turn. */
import { loadItem, storeItem } from '../base/storage.js';

const MAX_DRAFTS = 50; /* the oldest are dropped */
const NEW_CONVERSATION = 'new';

export function draftOf(conversation) {
    return all()[conversation ?? NEW_CONVERSATION] ?? '';
}

export function storeDraft(conversation, text) {
    const drafts = all();
    const key = conversation ?? NEW_CONVERSATION;

    delete drafts[key];
    if (text) drafts[key] = text; /* the most recent comes last */
    const kept = Object.entries(drafts).slice(-MAX_DRAFTS);
    storeItem('draft', kept.length > 0 ? Object.fromEntries(kept) : null);
}

export function storeEdit(conversation, turnId, text) {
    storeItem('edit', { conversation, turnId, text });
}

export function forgetEdit() {
    storeItem('edit', null);
}

/* { turnId, text } of an unfinished edit in this conversation, or null. */
export function storedEdit(conversation) {
    const edit = loadItem('edit');
    return edit && edit.conversation === conversation ? edit : null;
}

function all() {
    const drafts = loadItem('draft');
    return typeof drafts === 'object' && drafts !== null ? drafts : {};
}
