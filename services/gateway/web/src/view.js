/* view - the conversation in the page.
 *
 * Turns are appended, older ones put before them; set() changes a turn in its place, and one that is
 * asked again leaves first.  The page follows its end unless the person has scrolled up. */
import { alertOf, button } from './dom.js';
import { createFollow } from './follow.js';
import { fillTexts, texts } from './texts.js';
import { createTurnView } from './turn-view.js';
import { reasonOf } from './words.js';

export function createView({ log, dock, welcome, problem, older, toEndButton, on }) {
    const template = document.getElementById('turn');
    const turns = new Map(); /* id: { element, draw } */
    const olderButton = older.querySelector('button');
    const { stay, toEnd } = createFollow({ log, dock, button: toEndButton });

    olderButton.addEventListener('click', on.older);
    /* Who scrolls to the top need not press anything. */
    new IntersectionObserver((seen) => seen.at(-1).isIntersecting && on.older()).observe(older);

    function clear() {
        log.replaceChildren();
        turns.clear();
        problem.hidden = true;
        older.hidden = true;
        welcome.hidden = true;
    }

    function welcomeIfEmpty() {
        welcome.hidden = log.childElementCount > 0;
    }

    function add(turn) {
        addAll([turn]);
    }

    function addAll(turns) {
        log.append(...turns.map(elementOf));
        welcomeIfEmpty();
    }

    function elementOf(turn) {
        const element = template.content.cloneNode(true).firstElementChild;

        fillTexts(element);
        turns.set(turn.id, { element, draw: createTurnView(element, on) });
        set(turn);
        return element;
    }

    /* What the person reads stays where it is on the screen. */
    function addOlder(before, hasMore) {
        const fromEnd = document.documentElement.scrollHeight - window.scrollY;
        const focused = document.activeElement === olderButton;

        log.prepend(...before.map(elementOf));
        showOlderButton(hasMore);
        window.scrollTo({ top: document.documentElement.scrollHeight - fromEnd });
        if (focused && !hasMore)
            focusTurn(before[0]?.id);
    }

    function showOlderButton(hasMore) {
        older.hidden = !hasMore;
    }

    function reveal(id) {
        stay();
        turns.get(id)?.element.scrollIntoView({ block: 'start' });
        focusTurn(id);
    }

    function focusTurn(id) {
        turns.get(id)?.element.focus({ preventScroll: true });
    }

    function set(turn) {
        turns.get(turn.id)?.draw(turn);
    }

    function remove(id) {
        turns.get(id)?.element.remove();
        turns.delete(id);
    }

    /* The chat as a whole cannot be shown. */
    function showProblem(failure, retry) {
        clear();
        problem.replaceChildren(alertOf(reasonOf(failure), [button(texts.failed.retry, retry)]));
        problem.hidden = false;
    }

    return { add, addAll, addOlder, clear, remove, reveal, set, showOlderButton, showProblem, toEnd, welcomeIfEmpty };
}
