/* search - searches all conversations; while the search box has text, hits replace the list. */
import { failureText } from '../net/failure-text.js';
import { failureFromThrown } from '../net/failure.js';
import { texts } from '../texts/texts.js';
import { need, textElement } from '../ui/dom.js';

const PAUSE_MS = 250; /* after the last key */
const PARTS = ['#search', '#search-status', '#hits', '#more-hits', '#all-conversations'];
const NO_HITS = { hits: [], more: null };

/* onOpen(conversation, turn): a hit was selected. */
export function startSearch({ root, api, onOpen }) {
    const [box, status, list, more, conversations] = PARTS.map((part) => need(root, part));
    const labels = texts.conversations;
    let timer = null;
    let searches = 0; /* replies may arrive out of order */
    let cursor = null;

    box.addEventListener('input', () => {
        clearTimeout(timer);
        timer = setTimeout(() => search(null), PAUSE_MS);
    });
    more.addEventListener('click', () => search(cursor));

    async function search(from) {
        const isLatest = begin();

        if (box.value.trim() === '') {
            show(NO_HITS, '');
            return;
        }
        try {
            const page = await fetchHits(from, isLatest);
            if (isLatest()) show(page, statusText(page, from), from);
        } catch (thrown) {
            if (isLatest()) show(NO_HITS, failureText(failureFromThrown(thrown)));
        }
    }

    function begin() {
        const mine = ++searches;

        conversations.hidden = box.value.trim() !== '';
        return () => mine === searches;
    }

    /* Pages without hits are skipped: a rare phrase leaves many of them. */
    async function fetchHits(from, isLatest) {
        const query =
            box.value.trimStart(); /* a space at the end means that the word is complete */
        let page = await api.search(query, from);

        while (isLatest() && page.hits.length === 0 && page.more)
            page = await api.search(box.value.trimStart(), page.more);
        return page;
    }

    function show(page, text, from = null) {
        const elements = page.hits.map(createHit);

        if (from) list.append(...elements);
        else list.replaceChildren(...elements);
        cursor = page.more;
        more.hidden = !cursor;
        status.textContent = text;
        status.hidden = text === '';
    }

    function statusText(page, from) {
        const count = page.hits.length + (from ? list.childElementCount : 0);

        if (count === 0) return labels.noHits;
        return page.more ? labels.moreHits : labels.hits(count);
    }

    function createHit(hit) {
        const item = document.createElement('li');
        const button = document.createElement('button');
        const title = `${hit.title || labels.untitled} · ${labels.day(hit.at)}`;

        button.type = 'button';
        button.className = 'hit';
        button.append(textElement('span', 'hit-title', title), createSnippet(hit.snippet));
        button.addEventListener('click', () => onOpen(hit.conversation_id, hit.turn_id));
        item.append(button);
        return item;
    }
}

/* Every second piece matches the query. */
function createSnippet(pieces) {
    const snippet = document.createElement('span');

    snippet.className = 'hit-snippet';
    snippet.append(
        ...pieces.map((text, i) => textElement(i % 2 === 0 ? 'span' : 'mark', '', text)),
    );
    return snippet;
}
