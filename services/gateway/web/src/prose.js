/* prose - an answer in the page while it grows.
 *
 * The blocks that are already there stay as they are; only the last one grows, and of that only what is
 * new.  So long answers stay quick, nothing flickers, and a selection or a scrolled table survives. */
import { blocksOf } from './markdown.js';
import { safeNodes } from './safe.js';

export function createProse(element) {
    let shown = []; /* { key, nodes } of each block */

    function set(text, isOpen) {
        const blocks = blocksOf(text, isOpen);
        let at = blocks.findIndex(({ key }, i) => key !== shown[i]?.key);

        if (at < 0)
            at = blocks.length;
        for (const block of blocks.slice(at)) {
            put(at, block);
            at++;
        }
        for (const { nodes } of shown.splice(at))
            nodes.forEach((node) => node.remove());
    }

    function put(at, { key, html }) {
        const nodes = safeNodes(html());
        const old = shown[at]?.nodes ?? [];

        shown[at] = { key, nodes: grown(element, old, nodes, nextNode(at)) };
    }

    function nextNode(at) {
        return shown.slice(at + 1).flatMap(({ nodes }) => nodes)[0] ?? null;
    }

    return { set };
}

/* Makes the old nodes the new ones; what is equal, or only grew, stays the node it was. */
function grown(parent, old, fresh, before) {
    const nodes = fresh.map((node, i) => {
        if (old[i] && canBecome(old[i], node))
            return become(old[i], node);
        parent.insertBefore(node, old[i] ?? before);
        return node;
    });

    old.filter((node) => !nodes.includes(node)).forEach((node) => node.remove());
    return nodes;
}

function canBecome(node, other) {
    if (node.nodeType !== other.nodeType || node.nodeName !== other.nodeName)
        return false;
    return node.nodeType === Node.TEXT_NODE || node.cloneNode().isEqualNode(other.cloneNode());
}

function become(node, other) {
    if (node.isEqualNode(other))
        return node;
    if (node.nodeType === Node.TEXT_NODE)
        node.data = other.data;
    else
        grown(node, [...node.childNodes], [...other.childNodes], null);
    return node;
}
