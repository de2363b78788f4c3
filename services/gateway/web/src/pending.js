/* pending - messages on their way, in the browser until the server has kept them or gave them back.
 *
 * There may be several: one waits in a chat while another is sent in the next chat, or in another tab. */
import { keep, kept } from './keep.js';

const MOST = 50; /* the oldest go first */

export function keepPending({ id, text, afterSeq }, chat) {
    const others = all().filter((message) => message.id !== id);
    write([...others, { id, text, afterSeq, chat }].slice(-MOST));
}

export function forgetPending(id) {
    write(all().filter((message) => message.id !== id));
}

/* { id, text, afterSeq } of each, oldest first. */
export function pendingOf(chat) {
    return all().filter((message) => message.chat === chat);
}

export function pendingText(id) {
    return all().find((message) => message.id === id)?.text ?? '';
}

function all() {
    const messages = kept('pending');
    return Array.isArray(messages) ? messages : [];
}

function write(messages) {
    keep('pending', messages.length > 0 ? messages : null);
}
