/* failure-text - the text shown for a failure. */
import { texts } from '../texts/texts.js';

/* The server's message, translated if the language has a translation for its code; the page's own
 * text if the page found the error. */
export function failureText(failure) {
    const reason = failure.serverMessage ? translate(failure) : ownText(failure);

    return failure.retryAfter ? `${reason} ${texts.failed.retryAfter(failure.retryAfter)}` : reason;
}

function ownText({ code, status }) {
    const text = texts.errors[code] ?? texts.errors.request_refused;
    return typeof text === 'function' ? text(status) : text;
}

/* OpenRouter's own message is in parentheses at the end and stays untranslated. */
export function translate({ code, serverMessage }, translations = texts.serverErrors) {
    const [detail] = /\s\(.*\)$/s.exec(serverMessage) ?? [''];
    return Object.hasOwn(translations, code) ? translations[code] + detail : serverMessage;
}
