/* import-file - reads a conversation from a file that was exported as JSON. */
import { isObject } from '../base/is-object.js';
import { Failure } from '../net/failure.js';

const FORMAT = 'automotive-chat';
export const MAX_BYTES = 1 << 20; /* the server's limit */

/* The server validates the content; this checks only what needs no request. */
export async function readImport(file) {
    if (file.size > MAX_BYTES) throw new Failure({ code: 'file_too_large' });
    const exported = parse(await file.text());
    if (!isObject(exported) || exported.format !== FORMAT)
        throw new Failure({ code: 'file_unsupported' });
    return exported;
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}
