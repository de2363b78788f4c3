/* actions - the buttons below a question and below its answer. */
import { texts } from '../texts/texts.js';
import { copyButton } from '../ui/copy-button.js';
import { iconButton, textElement } from '../ui/dom.js';
import { setLabel } from '../ui/labels.js';
import { forkPoint } from './alternatives.js';
import { isOver } from './turn.js';

const labels = texts.actions;

/* Below a question: switch to an alternative, edit, copy. */
export function questionActions(turn, on) {
    if (!isOver(turn) || !turn.text) return [];
    const actions = [copyButton(labels.copyQuestion, () => turn.text)];

    if (forkPoint(turn) !== null)
        actions.unshift(iconButton('edit-2', labels.edit, () => on.edit(turn)));
    return turn.alternatives ? [alternativesSwitch(turn, on), ...actions] : actions;
}

/* Below an answer: copy, rate, regenerate. */
export function answerActions(turn, on) {
    if (turn.phase !== 'done' || !turn.answer) return [];
    const actions = [copyButton(labels.copyAnswer, () => turn.answer)];

    if (turn.status === 'committed' || turn.status === 'stopped')
        actions.push(ratingButton(turn, 1, on), ratingButton(turn, -1, on));
    if (forkPoint(turn) !== null)
        actions.push(iconButton('refresh-cw', labels.regenerate, () => on.regenerate(turn)));
    return actions;
}

function ratingButton(turn, value, on) {
    const isPressed = turn.feedback === value;
    const [name, label] = value > 0 ? ['thumbs-up', labels.good] : ['thumbs-down', labels.bad];
    const button = iconButton(name, label, () => on.rate(turn, isPressed ? 0 : value));

    button.setAttribute('aria-pressed', String(isPressed));
    return button;
}

/* "< 2/3 >": each arrow opens the conversation with the neighbouring alternative. */
function alternativesSwitch(turn, on) {
    const { position, count, previous, next } = turn.alternatives;
    const group = document.createElement('span');
    const label = textElement('span', 'alternatives-position', `${position}/${count}`);
    const arrow = (name, text, conversation) => {
        const button = iconButton(name, text, () => on.openAlternative(conversation, turn));
        button.disabled = conversation === null;
        return button;
    };

    group.className = 'alternatives';
    group.setAttribute('role', 'group');
    setLabel(group, labels.alternatives(position, count));
    label.setAttribute('aria-hidden', 'true');
    group.append(
        arrow('chevron-left', labels.previous, previous),
        label,
        arrow('chevron-right', labels.next, next),
    );
    return group;
}
