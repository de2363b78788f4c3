/* failure - why something did not work, in one form wherever it went wrong.
 *
 * `code` is one of the server's (proto/base/errors.def) or one of the page's own (texts.errors).
 * `sentence` is what the server said, or null: then the page has its own words for the code. */

/* Asking the same again cannot help: the message or the page has to change first. */
const FINAL = new Set([
    'bad_request', 'origin', 'not_found', 'method', 'too_long', 'media_type', 'off_topic', 'same_id_other_text',
    'budget', 'too_deep', 'upstream_unfit', 'upstream_long',
]);

/* What the person has to do first. */
const NEEDS = {
    settings: ['no_key', 'upstream_key'],
    model: [
        'upstream_credit', 'upstream_refused', 'upstream_model', 'upstream_privacy', 'upstream_daily', 'upstream_limited',
        'upstream_error', 'upstream_timeout', 'upstream_cut', 'upstream_unfit', 'upstream_long',
    ],
    'sign-in': ['sign_in'],
    reload: ['signed_out', 'csrf', 'conflict', 'bad_answer', 'broken'],
};

export class Failure extends Error {
    constructor({ code, message = null, status = 0, retryable, retryAfter = null }) {
        super(message ?? code);
        this.code = code;
        this.sentence = message;
        this.status = status;
        this.retryAfter = retryAfter;
        this.retryable = retryable ?? !FINAL.has(code);
        this.needs = Object.keys(NEEDS).find((need) => NEEDS[need].includes(code)) ?? null;
    }
}

/* From an answer with a bad status.  `body` is its JSON, or null: the HTTP parser and proxies send none. */
export function failureOfAnswer(status, body) {
    if (isObject(body?.error) && typeof body.error.code === 'string')
        return failureOfEvent(body.error, status);
    return new Failure({ code: codeOfStatus(status), status });
}

function codeOfStatus(status) {
    if (status === 413)
        return 'too_long';
    return status >= 500 ? 'down' : 'refused';
}

/* From {code, message, retryable, retry_after}: the same in an `error` event and in a JSON answer. */
export function failureOfEvent(error, status = 0) {
    return new Failure({
        code: String(error.code),
        message: typeof error.message === 'string' ? error.message : null,
        status,
        retryable: typeof error.retryable === 'boolean' ? error.retryable : undefined,
        retryAfter: error.retry_after > 0 ? Number(error.retry_after) : null,
    });
}

/* From whatever was thrown.  What is no Failure is a fault of the page itself: the person must not wait
 * for ever, and the console must tell us. */
export function failureOfThrown(thrown) {
    if (thrown instanceof Failure)
        return thrown;
    console.error(thrown);
    return new Failure({ code: 'broken' });
}

export function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
