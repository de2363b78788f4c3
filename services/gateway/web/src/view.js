/* view - the conversation in the page.
 *
 * Turns are only ever appended; set() changes a turn in its place, and one that is asked again leaves
 * first.  The page follows its end unless the person has scrolled up. */
import { alertOf, button, paragraph } from './dom.js';
import { fillTexts, texts } from './texts.js';
import { createTurnView } from './turn-view.js';
import { reasonOf } from './words.js';

const NEAR_END = 40; /* px: closer than this the page follows the answer */

export function createView({ log, dock, welcome, problem, on }) {
    const template = document.getElementById('turn');
    const turns = new Map(); /* id: { element, draw } */
    let following = true;

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
        welcome.hidden = true;
    }

    function welcomeIfEmpty() {
        welcome.hidden = log.childElementCount > 0;
    }

    function add(turn) {
        const element = template.content.cloneNode(true).firstElementChild;

        fillTexts(element);
        log.append(element);
        turns.set(turn.id, { element, draw: createTurnView(element, on) });
        set(turn);
        welcomeIfEmpty();
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

    function addOlderHint() {
        log.append(paragraph('older', texts.older));
    }

    function toEnd() {
        window.scrollTo({ top: document.documentElement.scrollHeight });
        following = true;
    }

    return { add, addOlderHint, clear, remove, set, showProblem, toEnd, welcomeIfEmpty };
}

function distanceToEnd() {
    const page = document.documentElement;
    return page.scrollHeight - page.scrollTop - page.clientHeight;
}
