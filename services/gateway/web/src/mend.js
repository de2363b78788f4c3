/* mend - makes the growing end of a Markdown text fit to be shown.
 *
 * A mark that was opened and not closed yet is closed, one that is only half there is left out, a link
 * whose address is still coming is its words, and a table begins with its first row.  So what is shown
 * only ever grows: no asterisks that turn into bold, no pipes that turn into a table.
 *
 * The text is one block, the last one; all before it is finished and not our business. */
const FENCE = /^\s*(?:(?:[-*+>]|\d{1,9}[.)])\s+)?(`{3,}|~{3,})/; /* also the first thing in an item of a list */
const MARKER = /^\s*(?:[-*+]|\d{1,9}[.)]|#{1,6}|>)\s+/; /* of a list, a heading, a quotation */
const HALF_LINE = /^\s*(?:[-*+_=>#|`~ ]+|\d{1,3}[.)]?)\s*$/; /* may become a mark of the line or of the block */
const HALF_TAG = /<\/?[a-z]{0,6}$/i;
const DELIMITER = /^[|:\- ]*$/;

export function mended(block) {
    const fence = openFence(block);

    if (fence)
        return withoutHalfFence(block, fence);
    if (FENCE.test(block.trimEnd().split('\n').at(-1)))
        return block;
    return mendedTable(block) ?? mendedLines(block);
}

/* A block that is code from its start counts as open: there is nothing to mend behind it. */
function openFence(block) {
    let fence = null;

    for (const line of block.split('\n')) {
        if (!fence)
            fence = FENCE.exec(line)?.[1] ?? null;
        else if (line.trim().startsWith(fence) && !FENCE.test(block))
            fence = null;
    }
    return fence;
}

/* "``" at the end of a block of code is the fence that is coming, not code. */
function withoutHalfFence(block, fence) {
    const lines = block.split('\n');
    const last = lines.at(-1).trim();

    if (lines.length > 1 && last && last.length < fence.length && fence.startsWith(last))
        lines.pop();
    return lines.join('\n');
}

/* A first row, and perhaps some of the line of dashes below it. */
function mendedTable(block) {
    const [head, dashes = '', ...rest] = block.split('\n');
    const cells = head.trim().split('|').filter((cell) => cell.trim());

    if (!head.trimStart().startsWith('|') || rest.length > 0 || !DELIMITER.test(dashes))
        return null;
    const row = (all) => `| ${all.join(' | ')} |`;
    return cells.length > 0 ? [row(cells.map(mendedInline)), row(cells.map(() => '---'))].join('\n') : '';
}

function mendedLines(block) {
    const lines = block.split('\n');

    if (lines.length > 0 && HALF_LINE.test(lines.at(-1)))
        lines.pop();
    let from = lines.length - 1; /* where the last run of words begins: marks never reach over its edges */
    while (from > 0 && !MARKER.test(lines[from]) && lines[from - 1].trim() !== '' && !FENCE.test(lines[from - 1]))
        from--;
    const tail = lines.splice(Math.max(from, 0)).join('\n');
    const start = MARKER.exec(tail)?.[0].length ?? 0;
    return [...lines, tail.slice(0, start) + mendedCell(tail.slice(start))].join('\n');
}

/* In a row of a table only its last cell grows. */
function mendedCell(text) {
    const at = text.trimStart().startsWith('|') ? text.lastIndexOf('|') + 1 : 0;
    return text.slice(0, at) + mendedInline(text.slice(at));
}

export function mendedInline(text) {
    const { marks, code } = openMarks(text.replace(HALF_TAG, ''));

    return code ?? closed(withoutHalfLink(marks.text), marks.open);
}

/* Walks over the text once: which marks are open at its end? */
function openMarks(text) {
    const open = [];
    const run = /\\.|(`+)|(\*{1,3}|_{1,3}|~~?)/gs;

    for (let hit = run.exec(text); hit; hit = run.exec(text)) {
        const end = hit.index + hit[0].length;
        if (hit[1]) {
            const close = endOfCode(text, end, hit[1]);
            if (close < 0)
                return { code: closedCode(text, hit.index, hit[1], open) };
            run.lastIndex = close;
        } else if (hit[2] && end === text.length) {
            return { marks: { text: text.slice(0, hit.index), open } }; /* opens or closes, who knows */
        } else if (hit[2]) {
            partsOf(hit[2], open).forEach((mark) => toggle(open, mark, text[hit.index - 1] ?? ' ', text[end]));
        }
    }
    return { marks: { text, open } };
}

function endOfCode(text, from, ticks) {
    const close = new RegExp(`(?<!\`)${ticks}(?!\`)`, 'g');

    close.lastIndex = from;
    return close.test(text) ? close.lastIndex : -1;
}

/* What comes after the ticks is code; ticks at the very end may be some of those that close it. */
function closedCode(text, at, ticks, open) {
    const inside = text.slice(at + ticks.length).replace(/`+$/, '');

    if (!inside.trim())
        return closed(text.slice(0, at), open);
    return closed(text.slice(0, at) + ticks + inside + ticks, open);
}

/* Three are two and one: the outer pair opens first and closes last. */
function partsOf(run, open) {
    const [one, two] = [run[0], run[0].repeat(2)];

    if (run.length < 3)
        return [run];
    return open.includes(one) ? [one, two] : [two, one];
}

function toggle(open, mark, before, after) {
    if (open.includes(mark) && /\S/.test(before))
        open.splice(open.indexOf(mark));
    else if (/\S/.test(after) && !(mark.startsWith('_') && /\w/.test(before)))
        open.push(mark);
}

/* A link of which the address is not whole, or may still come, is its words. */
function withoutHalfLink(text) {
    return text.replace(/!?\[([^[\]]*)(?:\](?:\([^()]*)?)?$|!$/, '$1');
}

function closed(text, open) {
    const trimmed = text.trimEnd();
    const empty = open.length > 0 && trimmed.endsWith(open.at(-1));

    if (empty)
        return closed(trimmed.slice(0, -open.at(-1).length), open.slice(0, -1));
    return open.length > 0 ? trimmed + [...open].reverse().join('') : text;
}
