/* ids - unique identifiers for turns (UUID version 4). */

/* randomUUID exists only on https and localhost; on plain http random bytes replace it. */
export function newId(random = globalThis.crypto) {
    if (random.randomUUID) return random.randomUUID();

    const bytes = random.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
