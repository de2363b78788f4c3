/* storage - values that this browser keeps across reloads, as JSON in localStorage.
 *
 * A browser may refuse storage: the page then works, but remembers nothing. */
const PREFIX = 'automotive_chat.';

/** The stored value, or null. */
export function loadItem(name) {
    try {
        return JSON.parse(localStorage.getItem(PREFIX + name));
    } catch {
        return null;
    }
}

/** Stores a value; null removes it. */
export function storeItem(name, value) {
    try {
        if (value === null) localStorage.removeItem(PREFIX + name);
        else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
        /* full or forbidden: see above */
    }
}
