/* imports - checks the imports of the page's sources: no cycle between files, and between folders
 * only the directions in FOLDERS. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));
const STATIC = /^(?:import|export)\b[^'"]*'(\.[^']+\.js)'/gm;
const DYNAMIC = /\bimport\('(\.[^']+\.js)'\)/g;

/* folder: the folders it may import from; '' is src/ itself. */
const FOLDERS = {
    '': ['sidebar', 'settings', 'composer', 'conversation', 'net', 'ui', 'texts'],
    sidebar: ['net', 'ui', 'texts', 'base'],
    settings: ['net', 'ui', 'texts', 'base'],
    composer: ['ui', 'texts', 'base'],
    conversation: ['turn', 'net', 'ui', 'texts', 'base'],
    turn: ['markdown', 'net', 'ui', 'texts'],
    markdown: ['ui', 'texts'],
    net: ['texts', 'base'],
    ui: ['texts', 'base'],
    texts: ['base'],
    base: [],
};

/* The findings for a map of file name -> source text. */
export function checkImports(files) {
    const graph = new Map([...files].map(([name, text]) => [name, importsOf(name, text)]));
    return [...forbiddenImports(graph), ...cycles(graph)];
}

/* The source files of the page: name relative to src/ -> text. */
export function readSources(root = SOURCES) {
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const sources = names.filter((name) => name.endsWith('.js'));
    return new Map(
        sources.map((name) => [name.split(sep).join('/'), readFileSync(join(root, name), 'utf8')]),
    );
}

function importsOf(name, text) {
    const found = [...text.matchAll(STATIC), ...text.matchAll(DYNAMIC)];
    return found.map(([, path]) => posix.join(posix.dirname(name), path));
}

function forbiddenImports(graph) {
    const findings = [];

    for (const [name, imports] of graph)
        for (const imported of imports) {
            const [from, to] = [folderOf(name), folderOf(imported)];
            if (from !== to && !FOLDERS[from]?.includes(to))
                findings.push(`${name}: ${from || 'src'}/ must not import from ${to || 'src'}/`);
        }
    return findings;
}

function folderOf(name) {
    return name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
}

/* Depth-first search: an import of a file that is still being visited closes a cycle. */
function cycles(graph) {
    const findings = [];
    const done = new Set();

    function visit(name, path) {
        if (path.includes(name))
            findings.push(`cycle: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`);
        if (path.includes(name) || done.has(name)) return;
        for (const imported of graph.get(name) ?? []) visit(imported, [...path, name]);
        done.add(name);
    }

    for (const name of graph.keys()) visit(name, []);
    return findings;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const sources = readSources();
    const findings = sources.size > 0 ? checkImports(sources) : ['no sources found'];

    for (const finding of findings) console.error(finding);
    process.exitCode = findings.length > 0 ? 1 : 0;
}
