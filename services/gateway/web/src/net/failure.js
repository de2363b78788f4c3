/* failure - why a request or a turn failed, in one form for every source.
 *
 * `code` is one of the server's error codes (proto/base/errors.def) or one of the page's own
 * (texts.errors).  `serverMessage` is the server's text, or null if the page found the error. */
import { isObject } from '../base/is-object.js';

/* Retrying cannot help: the message or the page has to change first. */
const NOT_RETRYABLE = new Set([
    'bad_request',
    'origin',
    'not_found',
    'method',
    'too_long',
    'media_type',
    'off_topic',
    'turn_id_reused',
    'budget',
    'too_deep',
    'upstream_moderated',
    'upstream_context_length',
]);

/* What the user can do about a code. */
const REMEDIES = {
    settings: ['no_key', 'upstream_key'],
    model: [
        'upstream_credit',
        'upstream_refused',
        'upstream_model',
        'upstream_privacy',
        'upstream_daily_limit',
        'upstream_rate_limited',
        'upstream_error',
        'upstream_timeout',
        'upstream_truncated',
        'upstream_moderated',
        'upstream_context_length',
    ],
    'sign-in': ['sign_in'],
    reload: ['signed_out', 'csrf', 'conflict', 'bad_response', 'page_error'],
};

export class Failure extends Error {
    /**
     * @param {{ code: string, message?: string | null, status?: number, retryable?: boolean,
     *           retryAfter?: number | null }} details
     */
    constructor({ code, message = null, status = 0, retryable, retryAfter = null }) {
        super(message ?? code);
        this.code = code;
        this.serverMessage = message;
        this.status = status;
        this.retryAfter = retryAfter;
        this.retryable = retryable ?? !NOT_RETRYABLE.has(code);
        this.remedy = Object.keys(REMEDIES).find((name) => REMEDIES[name].includes(code)) ?? null;
    }
}

/* From a response with an error status.  `body` is its JSON, or null: proxies and the HTTP parser
 * send none. */
export function failureFromResponse(status, body) {
    if (isObject(body?.error) && typeof body.error.code === 'string')
        return failureFromEvent(body.error, status);
    return new Failure({ code: codeFromStatus(status), status });
}

function codeFromStatus(status) {
    if (status === 413) return 'too_long';
    return status >= 500 ? 'down' : 'request_refused';
}

/* From {code, message, retryable, retry_after}, which an `error` event and a JSON reply share. */
export function failureFromEvent(error, status = 0) {
    return new Failure({
        code: String(error.code),
        message: typeof error.message === 'string' ? error.message : null,
        status,
        retryable: typeof error.retryable === 'boolean' ? error.retryable : undefined,
        retryAfter: error.retry_after > 0 ? Number(error.retry_after) : null,
    });
}

/* From anything thrown.  Whatever is not a Failure is a bug in the page: the user must not wait for
 * a result, and the console must show it. */
export function failureFromThrown(thrown) {
    if (thrown instanceof Failure) return thrown;
    console.error(thrown);
    return new Failure({ code: 'page_error' });
}
