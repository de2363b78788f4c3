/* families - a chat and its branches, which stand in the list as one.
 *
 * Each branch is a chat of its own for the server; here the one spoken in last stands for all of them,
 * and the others are reached from the turn where they part. */

/* Chats, newest first -> [{ root, shown, ids }], newest first. */
export function familiesOf(chats) {
    const known = new Map(chats.map((chat) => [chat.conversation_id, chat]));
    const families = new Map();

    for (const chat of chats) {
        const root = rootOf(chat, known);
        const family = families.get(root) ?? { root, shown: chat, ids: new Set([root]) };
        family.ids.add(chat.conversation_id);
        families.set(root, family);
    }
    return [...families.values()];
}

/* The oldest one whose id is known; it may stand on a later page itself. */
function rootOf(chat, known) {
    let id = chat.conversation_id;

    while (known.get(id)?.forked_from)
        id = known.get(id).forked_from;
    return id;
}
