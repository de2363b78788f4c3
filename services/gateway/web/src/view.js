/* view - the conversation in the page.
 *
 * Turns are appended, older ones put before them; set() changes a turn in its place, and one that is
 * asked again leaves first.  The page follows its end unless the person has scrolled up. */
import { alertOf, button } from './dom.js';
import { fillTexts, texts } from './texts.js';
import { createTurnView } from './turn-view.js';
import { reasonOf } from './words.js';

const NEAR_END = 40; /* px: closer than this the page follows the answer */

export function createView({ log, dock, welcome, problem, older, on }) {
    const template = document.getElementById('turn');
    const turns = new Map(); /* id: { element, draw } */
    const olderButton = older.querySelector('button');
    let following = true;

    olderButton.addEventListener('click', on.older);
    /* Who scrolls to the top need not press anything. */
    new IntersectionObserver((seen) => seen.at(-1).isIntersecting && on.older()).observe(older);
    window.addEventListener('scroll', () => {
        following = distanceToEnd() < NEAR_END;
    }, { passive: true });

    /* Text arrives, or the box grows over it. */
    const sizes = new ResizeObserver(() => following && log.childElementCount > 0 && toEnd());
    [log, dock].forEach((element) => sizes.observe(element));

    function clear() {
        log.replaceChildren();
        turns.clear();
        following = true;
        problem.hidden = true;
        older.hidden = true;
        welcome.hidden = true;
    }

    function welcomeIfEmpty() {
        welcome.hidden = log.childElementCount > 0;
    }

    function add(turn) {
        log.append(elementOf(turn));
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

    function has(id) {
        return turns.has(id);
    }

    function reveal(id) {
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

    function toEnd() {
        window.scrollTo({ top: document.documentElement.scrollHeight });
        following = true;
    }

    return { add, addOlder, clear, has, remove, reveal, set, showOlderButton, showProblem, toEnd, welcomeIfEmpty };
}

function distanceToEnd() {
    const page = document.documentElement;
    return page.scrollHeight - page.scrollTop - page.clientHeight;
}
