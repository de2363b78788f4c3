/* search - finds words in all chats; while there is something in the box, hits stand in place of the list. */
import { failureOfThrown } from './failure.js';
import { texts } from './texts.js';
import { reasonOf } from './words.js';

const PAUSE_MS = 250; /* of typing, before the server is asked */

/* onOpen(conversation, turn): a hit was chosen. */
export function startSearch({ root, api, onOpen }) {
    const part = (id) => root.querySelector(`#${id}`);
    const [box, said, hits, more, list] = ['search', 'search-said', 'hits', 'more-hits', 'chat-list-part'].map(part);
    const words = texts.chats;
    let timer = null;
    let asked = 0; /* answers may come in another order than they were asked for */
    let cursor = null;

    box.addEventListener('input', () => {
        clearTimeout(timer);
        timer = setTimeout(() => find(null), PAUSE_MS);
    });
    more.addEventListener('click', () => find(cursor));

    async function find(from) {
        const looked = box.value.trim();
        const mine = ++asked;

        list.hidden = looked !== '';
        if (looked === '')
            return show({ hits: [], more: null }, '');
        try {
            /* A space at the end says that the last word is whole. */
            let page = await api.search(box.value.trimStart(), from);
            while (mine === asked && page.hits.length === 0 && page.more) /* a phrase that is rare */
                page = await api.search(box.value.trimStart(), page.more);
            if (mine === asked)
                show(page, saidOf(page, from), from);
        } catch (thrown) {
            if (mine === asked)
                show({ hits: [], more: null }, reasonOf(failureOfThrown(thrown)));
        }
    }

    function show(page, text, from = null) {
        const elements = page.hits.map(elementOf);

        if (from)
            hits.append(...elements);
        else
            hits.replaceChildren(...elements);
        cursor = page.more;
        more.hidden = !cursor;
        said.textContent = text;
        said.hidden = text === '';
    }

    function saidOf(page, from) {
        const count = page.hits.length + (from ? hits.childElementCount : 0);

        if (count === 0)
            return words.noHits;
        return page.more ? words.hitsMore : words.hits(count);
    }

    function elementOf(hit) {
        const element = document.createElement('li');
        const button = document.createElement('button');
        const title = document.createElement('span');

        button.type = 'button';
        button.className = 'hit';
        title.className = 'hit-title';
        title.textContent = `${hit.title || words.untitled} · ${words.day(hit.at)}`;
        button.append(title, snippetOf(hit.snippet));
        button.addEventListener('click', () => onOpen(hit.conversation_id, hit.turn_id));
        element.append(button);
        return element;
    }
}

/* Every second text was looked for. */
function snippetOf(pieces) {
    const snippet = document.createElement('span');

    snippet.className = 'hit-snippet';
    snippet.append(...pieces.map((text, i) => {
        const piece = document.createElement(i % 2 === 0 ? 'span' : 'mark');
        piece.textContent = text;
        return piece;
    }));
    return snippet;
}
