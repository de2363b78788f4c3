/* turn-view - one turn in the page: the question, the answer as it grows, how it went.
 *
 * It decides nothing: its buttons go back through `on`. */
import { alertOf, button, buttonList, noticeOf, refill } from './dom.js';
import { createProse } from './prose.js';
import { safetyOf } from './safety.js';
import { texts } from './texts.js';
import { answerTools, questionTools } from './tools.js';
import { isWhole } from './turn.js';
import { createWaiting } from './waiting.js';
import { ASK_AGAIN, finePrintOf, reasonOf } from './words.js';

const DRAWN_ANEW = ['phase', 'status', 'seq', 'ways', 'feedback'];

/* Gives the function that shows a turn. */
export function createTurnView(element, on) {
    const part = (name) => element.querySelector(name);
    const prose = createProse(part('.prose'));
    const waiting = createWaiting(part('.waiting'), part('.waiting-text'));
    let now = null;
    let scheduled = false;

    /* Deltas come faster than a screen can show them: draw at most once per frame, and the end at once. */
    function set(turn) {
        const before = now;
        const onlyText = before?.phase === 'writing' && turn.phase === 'writing';

        now = turn;
        if (!onlyText)
            draw(DRAWN_ANEW.some((name) => before?.[name] !== turn[name]));
        else if (!scheduled) {
            scheduled = true;
            requestAnimationFrame(drawText);
        }
    }

    function drawText() {
        scheduled = false;
        prose.set(now.answer, !isWhole(now));
        waiting.set(now);
    }

    function draw(all) {
        drawText();
        if (!all)
            return;
        element.dataset.phase = now.phase;
        part('.question').textContent = now.text;
        refill(part('.question-tools'), questionTools(now, on));
        refill(part('.answer-tools'), answerTools(now, on));
        drawSafety();
        drawFinePrint();
        drawOutcome();
    }

    /* Stands beside every answer about such a subject; no model writes it. */
    function drawSafety() {
        const words = now.answer ? safetyOf(now).map((subject) => texts.safety[subject]).join(' ') : '';
        part('.safety').hidden = words === '';
        part('.safety').textContent = words;
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

    if (turn.failure?.code === 'off_topic')
        return noticeOf(`${reasonOf(turn.failure)} ${texts.refused.purpose}`, [
            buttonList(texts.refused.examples, on.ask, 'examples'),
        ]);
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
    if (failure.needs === 'model')
        actions.push(button(texts.failed.switchModel, on.switchModel));
    if (failure.needs === 'sign-in')
        actions.push(button(texts.failed.signIn, on.reload));
    if (failure.needs === 'reload')
        actions.push(button(texts.failed.reload, on.reload));
    return actions;
}
