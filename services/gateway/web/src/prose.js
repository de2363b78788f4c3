/* prose - an answer in the page while it grows.
 *
 * The blocks that are already there stay as they are; only what changed, as a rule the last block, is
 * made anew.  So long answers stay quick and a selection in the text above survives. */
import { htmlBlocks } from './markdown.js';
import { safeNodes } from './safe.js';

export function createProse(element) {
    let shown = []; /* { html, nodes } of each block */

    function set(text) {
        const blocks = htmlBlocks(text);
        const same = blocks.findIndex((html, at) => html !== shown[at]?.html);
        const keepUntil = same < 0 ? blocks.length : same;

        for (const block of shown.splice(keepUntil))
            block.nodes.forEach((node) => node.remove());
        for (const html of blocks.slice(keepUntil)) {
            const nodes = safeNodes(html);
            shown.push({ html, nodes });
            element.append(...nodes);
        }
    }

    return { set };
}
