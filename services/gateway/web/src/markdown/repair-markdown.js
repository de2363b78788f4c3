/* repair-markdown - completes the last block of a Markdown text that is still growing.
 *
 * Closes delimiters that are still open, leaves out incomplete ones, shows a link without its URL
 * as its text, and starts a table with its first row.  So the text shown only grows: no asterisks
 * turn into bold, no pipes turn into a table.
 *
 * The input is the last block of the text; the blocks before it are complete. */
const FENCE =
    /^\s*(?:(?:[-*+>]|\d{1,9}[.)])\s+)?(`{3,}|~{3,})/; /* also at the start of a list item */
const MARKER = /^\s*(?:[-*+]|\d{1,9}[.)]|#{1,6}|>)\s+/; /* of a list item, heading or quotation */
/* may become the delimiter of a line or block */
const PARTIAL_LINE = /^\s*(?:[-*+_=>#|`~ ]+|\d{1,3}[.)]?)\s*$/;
const PARTIAL_TAG = /<\/?[a-z]{0,6}$/i;
const DELIMITER_ROW = /^[|:\- ]*$/;

export function repairMarkdown(block) {
    const fence = openFence(block);

    if (fence) return dropPartialFence(block, fence);
    if (FENCE.test(block.trimEnd().split('\n').at(-1))) return block;
    return repairTable(block) ?? repairLines(block);
}

/* A block that starts with a fence counts as open: no text follows the code. */
function openFence(block) {
    let fence = null;

    for (const line of block.split('\n')) {
        if (!fence) fence = FENCE.exec(line)?.[1] ?? null;
        else if (line.trim().startsWith(fence) && !FENCE.test(block)) fence = null;
    }
    return fence;
}

/* "``" at the end of a code block is the start of its closing fence, not code. */
function dropPartialFence(block, fence) {
    const lines = block.split('\n');
    const last = lines.at(-1).trim();

    if (lines.length > 1 && last && last.length < fence.length && fence.startsWith(last))
        lines.pop();
    return lines.join('\n');
}

/* A first row, and perhaps part of the delimiter row below it. */
function repairTable(block) {
    const [head, delimiter = '', ...rest] = block.split('\n');
    const cells = head
        .trim()
        .split('|')
        .filter((cell) => cell.trim());

    if (!head.trimStart().startsWith('|') || rest.length > 0 || !DELIMITER_ROW.test(delimiter))
        return null;
    const row = (all) => `| ${all.join(' | ')} |`;
    return cells.length > 0
        ? [row(cells.map(repairInline)), row(cells.map(() => '---'))].join('\n')
        : '';
}

function repairLines(block) {
    const lines = block.split('\n');

    if (lines.length > 0 && PARTIAL_LINE.test(lines.at(-1))) lines.pop();
    let from = lines.length - 1; /* start of the last paragraph: inline marks never cross it */
    while (
        from > 0 &&
        !MARKER.test(lines[from]) &&
        lines[from - 1].trim() !== '' &&
        !FENCE.test(lines[from - 1])
    )
        from--;
    const tail = lines.splice(Math.max(from, 0)).join('\n');
    const start = MARKER.exec(tail)?.[0].length ?? 0;
    return [...lines, tail.slice(0, start) + repairLastCell(tail.slice(start))].join('\n');
}

/* In a table row only the last cell grows. */
function repairLastCell(text) {
    const at = text.trimStart().startsWith('|') ? text.lastIndexOf('|') + 1 : 0;
    return text.slice(0, at) + repairInline(text.slice(at));
}

export function repairInline(text) {
    const { marks, code } = openMarks(text.replace(PARTIAL_TAG, ''));

    return code ?? closeMarks(dropPartialLink(marks.text), marks.open);
}

/* The marks that are still open at the end of the text. */
function openMarks(text) {
    const open = [];
    const run = /\\.|(`+)|(\*{1,3}|_{1,3}|~~?)/gs;

    for (let hit = run.exec(text); hit; hit = run.exec(text)) {
        const end = hit.index + hit[0].length;
        if (hit[1]) {
            const close = endOfCode(text, end, hit[1]);
            if (close < 0) return { code: closeCode(text, hit.index, hit[1], open) };
            run.lastIndex = close;
        } else if (hit[2] && end === text.length) {
            return { marks: { text: text.slice(0, hit.index), open } }; /* could open or close */
        } else if (hit[2]) {
            splitRun(hit[2], open).forEach((mark) =>
                toggle(open, mark, text[hit.index - 1] ?? ' ', text[end]),
            );
        }
    }
    return { marks: { text, open } };
}

function endOfCode(text, from, ticks) {
    const close = new RegExp(`(?<!\`)${ticks}(?!\`)`, 'g');

    close.lastIndex = from;
    return close.test(text) ? close.lastIndex : -1;
}

/* Everything after the backticks is code; backticks at the end may be part of the closing run. */
function closeCode(text, at, ticks, open) {
    const inside = text.slice(at + ticks.length).replace(/`+$/, '');

    if (!inside.trim()) return closeMarks(text.slice(0, at), open);
    return closeMarks(text.slice(0, at) + ticks + inside + ticks, open);
}

/* A run of three is two marks: the outer one opens first and closes last. */
function splitRun(run, open) {
    const [one, two] = [run[0], run[0].repeat(2)];

    if (run.length < 3) return [run];
    return open.includes(one) ? [one, two] : [two, one];
}

function toggle(open, mark, before, after) {
    if (open.includes(mark) && /\S/.test(before)) open.splice(open.indexOf(mark));
    else if (/\S/.test(after) && !(mark.startsWith('_') && /\w/.test(before))) open.push(mark);
}

/* A link whose URL is missing or incomplete is shown as its text. */
function dropPartialLink(text) {
    return text.replace(/!?\[([^[\]]*)(?:\](?:\([^()]*)?)?$|!$/, '$1');
}

function closeMarks(text, open) {
    const trimmed = text.trimEnd();
    const empty = open.length > 0 && trimmed.endsWith(open.at(-1));

    if (empty) return closeMarks(trimmed.slice(0, -open.at(-1).length), open.slice(0, -1));
    return open.length > 0 ? trimmed + [...open].reverse().join('') : text;
}
