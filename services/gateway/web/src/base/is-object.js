/* is-object - checks JSON from outside the page. */
export function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
