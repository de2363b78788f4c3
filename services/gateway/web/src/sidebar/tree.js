/* tree - groups conversations with their branches.
 *
 * For the server each branch is a conversation of its own.  The list shows one entry for each tree:
 * the conversation used last.  The others are reached from the turn where they branch off. */

/* Conversations, newest first -> [{ root, latest, ids }], newest first. */
export function groupByTree(conversations) {
    const known = new Map(conversations.map((one) => [one.conversation_id, one]));
    const trees = new Map();

    for (const conversation of conversations) {
        const root = rootOf(conversation, known);
        const tree = trees.get(root) ?? { root, latest: conversation, ids: new Set([root]) };
        tree.ids.add(conversation.conversation_id);
        trees.set(root, tree);
    }
    return [...trees.values()];
}

/* The oldest known ancestor's id; the conversation itself may be on a later page. */
function rootOf(conversation, known) {
    let id = conversation.conversation_id;

    while (known.get(id)?.forked_from) id = known.get(id).forked_from;
    return id;
}
