/* conversation-view - the conversation in the page: its turns, the welcome, and problems.
 *
 * The page scrolls with new content unless the user has scrolled up. */
import { failureText } from '../net/failure-text.js';
import { texts } from '../texts/texts.js';
import { createTurnView } from '../turn/turn-view.js';
import { createAutoscroll } from '../ui/autoscroll.js';
import { alertBox, button, need } from '../ui/dom.js';
import { fillTexts } from '../ui/labels.js';

export function createConversationView({ log, dock, welcome, problem, older, toEndButton, on }) {
    const template = need(document, '#turn');
    const shown = new Map(); /* turn id -> { element, draw } */
    const olderButton = need(older, 'button');
    const autoscroll = createAutoscroll({ content: log, dock, button: toEndButton });

    olderButton.addEventListener('click', on.older);
    /* Scrolling to the top loads older messages, too. */
    new IntersectionObserver((seen) => seen.at(-1).isIntersecting && on.older()).observe(older);

    function clear() {
        log.replaceChildren();
        shown.clear();
        problem.hidden = true;
        older.hidden = true;
        welcome.hidden = true;
    }

    function showWelcomeIfEmpty() {
        welcome.hidden = log.childElementCount > 0;
    }

    function append(turns) {
        log.append(...turns.map(createElement));
        showWelcomeIfEmpty();
    }

    /* What the user reads keeps its place on the screen. */
    function prepend(turns, hasMore) {
        const fromEnd = document.documentElement.scrollHeight - window.scrollY;
        const wasFocused = document.activeElement === olderButton;

        log.prepend(...turns.map(createElement));
        showOlderButton(hasMore);
        window.scrollTo({ top: document.documentElement.scrollHeight - fromEnd });
        if (wasFocused && !hasMore) focusTurn(turns[0]?.id);
    }

    function createElement(turn) {
        const element = template.content.cloneNode(true).firstElementChild;

        fillTexts(element);
        shown.set(turn.id, { element, draw: createTurnView(element, on) });
        set(turn);
        return element;
    }

    function set(turn) {
        shown.get(turn.id)?.draw(turn);
    }

    function remove(id) {
        shown.get(id)?.element.remove();
        shown.delete(id);
    }

    function showOlderButton(hasMore) {
        older.hidden = !hasMore;
    }

    function reveal(id) {
        autoscroll.disable();
        shown.get(id)?.element.scrollIntoView({ block: 'start' });
        focusTurn(id);
    }

    function focusTurn(id) {
        shown.get(id)?.element.focus({ preventScroll: true });
    }

    /* The conversation cannot be shown. */
    function showProblem(failure, retry) {
        clear();
        problem.replaceChildren(
            alertBox(failureText(failure), [button(texts.failed.retry, retry)]),
        );
        problem.hidden = false;
    }

    return {
        append,
        clear,
        prepend,
        remove,
        reveal,
        set,
        showOlderButton,
        showProblem,
        showWelcomeIfEmpty,
        toEnd: autoscroll.toEnd,
    };
}
