/* turn-view - one turn in the page: the question, the answer as it grows, how it went.
 *
 * It decides nothing: its buttons go back through `on`. */
import { alertOf, button, noticeOf } from './dom.js';
import { createProse } from './prose.js';
import { texts } from './texts.js';
import { isOver } from './turn.js';
import { ASK_AGAIN, finePrintOf, reasonOf, waitingFor } from './words.js';

/* Gives the function that shows a turn. */
export function createTurnView(element, on) {
    const part = (name) => element.querySelector(name);
    const prose = createProse(part('.prose'));
    let now = null;
    let scheduled = false;

    /* Deltas come faster than a screen can show them: draw at most once per frame, and the end at once. */
    function set(turn) {
        const onlyText = now?.phase === 'writing' && turn.phase === 'writing';
        now = turn;
        if (!onlyText)
            draw();
        else if (!scheduled) {
            scheduled = true;
            requestAnimationFrame(draw);
        }
    }

    function draw() {
        scheduled = false;
        element.dataset.phase = now.phase;
        part('.question').textContent = now.text;
        prose.set(now.answer, !isOver(now));
        drawWaiting();
        drawFinePrint();
        drawOutcome();
    }

    function drawWaiting() {
        const words = waitingFor(now);
        part('.waiting').hidden = words === '';
        part('.waiting-text').textContent = words;
    }

    function drawFinePrint() {
        const words = finePrintOf(now);
        part('.fine-print').hidden = words === '';
        part('.fine-print').textContent = words;
    }

    function drawOutcome() {
        part('.outcome').replaceChildren(...[outcomeOf(now, on)].filter(Boolean));
    }

    return set;
}

/* What stands below a turn that the person may want to do something about. */
function outcomeOf(turn, on) {
    const retry = button(texts.failed.retry, () => on.retry(turn));

    if (turn.failure)
        return alertOf(`${reasonOf(turn.failure)} ${texts.failed.back}`, actionsFor(turn.failure, retry, on));
    if (ASK_AGAIN.includes(turn.status))
        return noticeOf(texts.statuses[turn.status], [retry]);
    return null;
}

function actionsFor(failure, retry, on) {
    const actions = failure.retryable ? [retry] : [];

    if (failure.needs === 'settings')
        actions.push(button(texts.failed.settings, on.settings));
    if (failure.needs === 'reload')
        actions.push(button(texts.failed.reload, on.reload));
    return actions;
}
