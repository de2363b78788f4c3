/* keep - what this browser remembers: the draft, the message under way, the theme.
 *
 * A browser may refuse storage; then the page works and only forgets. */
const PREFIX = 'automotive_chat.';

export function kept(name) {
    try {
        return JSON.parse(localStorage.getItem(PREFIX + name));
    } catch {
        return null;
    }
}

/* null forgets it. */
export function keep(name, value) {
    try {
        if (value === null)
            localStorage.removeItem(PREFIX + name);
        else
            localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
        /* full or forbidden: see above */
    }
}
