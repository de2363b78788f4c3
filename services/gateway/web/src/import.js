/* import - a chat out of a file that was saved here as JSON. */
import { Failure, isObject } from './failure.js';

const FORMAT = 'automotive-chat';
export const MOST_BYTES = 1 << 20; /* what the server takes */

/* The server looks at every part; here only what can be told without asking it. */
export async function chatOf(file) {
    if (file.size > MOST_BYTES)
        throw new Failure({ code: 'file_too_big' });
    const saved = parsed(await file.text());
    if (!isObject(saved) || saved.format !== FORMAT)
        throw new Failure({ code: 'file_not_ours' });
    return saved;
}

function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}
