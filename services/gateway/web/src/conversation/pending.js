/* pending - messages that were sent and whose turn is not over, in the browser's storage.
 *
 * There may be several: one in each conversation, or one in each tab. */
import { loadItem, storeItem } from '../base/storage.js';

const MAX_MESSAGES = 50; /* the oldest are dropped */

export function storePending({ id, text, afterSeq }, conversation) {
    const others = all().filter((message) => message.id !== id);
    write([...others, { id, text, afterSeq, conversation }].slice(-MAX_MESSAGES));
}

export function forgetPending(id) {
    write(all().filter((message) => message.id !== id));
}

/* [{ id, text, afterSeq }], oldest first */
export function pendingIn(conversation) {
    return all().filter((message) => message.conversation === conversation);
}

export function pendingText(id) {
    return all().find((message) => message.id === id)?.text ?? '';
}

function all() {
    const messages = loadItem('pending');
    return Array.isArray(messages) ? messages : [];
}

function write(messages) {
    storeItem('pending', messages.length > 0 ? messages : null);
}
