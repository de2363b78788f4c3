/* answer-body - renders an answer while it grows.
 *
 * Blocks that have not changed keep their nodes; of the last block only new parts are added.  So
 * long answers stay fast, nothing flickers, and selections and scroll positions survive. */
import { blocksOf } from '../markdown/markdown.js';
import { sanitize } from '../markdown/sanitize.js';

export function createAnswerBody(element) {
    const shown = []; /* { key, nodes } of each block */

    function set(text, isOpen) {
        const blocks = blocksOf(text, isOpen);
        const changed = blocks.findIndex(({ key }, i) => key !== shown[i]?.key);

        if (changed >= 0) blocks.slice(changed).forEach((block, i) => put(changed + i, block));
        for (const { nodes } of shown.splice(blocks.length)) nodes.forEach((node) => node.remove());
    }

    function put(at, { key, html }) {
        const nodes = sanitize(html());
        const old = shown[at]?.nodes ?? [];

        shown[at] = { key, nodes: patchNodes(element, old, nodes, nodeAfter(at)) };
    }

    function nodeAfter(at) {
        return shown.slice(at + 1).flatMap(({ nodes }) => nodes)[0] ?? null;
    }

    return { set };
}

/* Replaces the old nodes; nodes that are equal, or only grew, are kept. */
function patchNodes(parent, old, fresh, before) {
    const nodes = fresh.map((node, i) => {
        if (old[i] && canPatch(old[i], node)) return patch(old[i], node);
        parent.insertBefore(node, old[i] ?? before);
        return node;
    });

    old.filter((node) => !nodes.includes(node)).forEach((node) => node.remove());
    return nodes;
}

function canPatch(node, other) {
    if (node.nodeType !== other.nodeType || node.nodeName !== other.nodeName) return false;
    return node.nodeType === Node.TEXT_NODE || node.cloneNode().isEqualNode(other.cloneNode());
}

function patch(node, other) {
    if (node.isEqualNode(other)) return node;
    if (node.nodeType === Node.TEXT_NODE) node.data = other.data;
    else patchNodes(node, [...node.childNodes], [...other.childNodes], null);
    return node;
}
