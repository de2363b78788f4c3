/* turn-view - shows one turn: the question, the answer as it grows, and how it ended.
 *
 * Decides nothing: its buttons call `on`. */
import { failureText } from '../net/failure-text.js';
import { texts } from '../texts/texts.js';
import { alertBox, button, buttonList, need, noticeBox, replaceButtons } from '../ui/dom.js';
import { answerActions, questionActions } from './actions.js';
import { createAnswerBody } from './answer-body.js';
import { safetyTopics } from './safety-topics.js';
import { detailsText, RETRY_STATUSES } from './turn-text.js';
import { isComplete } from './turn.js';
import { createWaitingStatus } from './waiting-status.js';

/* A change of one of these redraws more than the answer's text. */
const REDRAW_ON = ['phase', 'status', 'seq', 'alternatives', 'feedback'];

/* Returns the function that shows a turn in `element`. */
export function createTurnView(element, on) {
    const part = (selector) => need(element, selector);
    const body = createAnswerBody(part('.answer-body'));
    const waiting = createWaitingStatus(part('.waiting'), part('.waiting-text'));
    let current = null;
    let isScheduled = false;

    /* Deltas arrive faster than the screen refreshes: draw them at most once per frame. */
    function set(turn) {
        const before = current;
        const isDelta = before?.phase === 'writing' && turn.phase === 'writing';

        current = turn;
        if (!isDelta) draw(REDRAW_ON.some((name) => before?.[name] !== turn[name]));
        else if (!isScheduled) {
            isScheduled = true;
            requestAnimationFrame(drawAnswer);
        }
    }

    function drawAnswer() {
        isScheduled = false;
        body.set(current.answer, !isComplete(current));
        waiting.set(current);
    }

    function draw(isFull) {
        drawAnswer();
        if (!isFull) return;
        element.dataset.phase = current.phase;
        part('.question').textContent = current.text;
        replaceButtons(part('.question-actions'), questionActions(current, on));
        replaceButtons(part('.answer-actions'), answerActions(current, on));
        showText('.safety', safetyText(current));
        showText('.answer-details', detailsText(current));
        part('.outcome').replaceChildren(...[createOutcome(current, on)].filter(Boolean));
    }

    function showText(selector, text) {
        part(selector).hidden = text === '';
        part(selector).textContent = text;
    }

    return set;
}

/* Written by us, never by a model: shown with every answer on such a topic. */
function safetyText(turn) {
    const topics = turn.answer ? safetyTopics(turn) : [];
    return topics.map((topic) => texts.safety[topic]).join(' ');
}

/* The box below a turn that the user can do something about. */
function createOutcome(turn, on) {
    const retry = button(texts.failed.retry, () => on.retry(turn));

    if (turn.failure?.code === 'off_topic')
        return noticeBox(`${failureText(turn.failure)} ${texts.refused.purpose}`, [
            buttonList(texts.refused.examples, on.ask, 'examples'),
        ]);
    if (turn.failure)
        return alertBox(
            `${failureText(turn.failure)} ${texts.failed.restored}`,
            remedyButtons(turn.failure, retry, on),
        );
    if (RETRY_STATUSES.includes(turn.status))
        return noticeBox(texts.statuses[turn.status], [retry]);
    return null;
}

function remedyButtons(failure, retry, on) {
    const remedies = {
        settings: () => button(texts.failed.settings, on.settings),
        model: () => button(texts.failed.switchModel, on.switchModel),
        'sign-in': () => button(texts.failed.signIn, on.reload),
        reload: () => button(texts.failed.reload, on.reload),
    };

    return [failure.retryable && retry, remedies[failure.remedy]?.()].filter(Boolean);
}
