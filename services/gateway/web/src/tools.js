/* tools - the small buttons below a question and below its answer. */
import { forkPoint } from './branches.js';
import { copyButton } from './copy.js';
import { iconButton, textElement } from './dom.js';
import { setLabel, texts } from './texts.js';
import { isOver } from './turn.js';

const words = texts.tools;

/* Below a question: the way to the other ones at this place, and editing. */
export function questionTools(turn, on) {
    if (!isOver(turn) || !turn.text)
        return [];
    const tools = [copyButton(words.copyQuestion, () => turn.text)];

    if (forkPoint(turn) !== null)
        tools.unshift(iconButton('edit-2', words.edit, () => on.edit(turn)));
    return turn.ways ? [switcher(turn, on), ...tools] : tools;
}

/* Below an answer: copying it, what one thinks of it, another one. */
export function answerTools(turn, on) {
    if (turn.phase !== 'done' || !turn.answer)
        return [];
    const tools = [copyButton(words.copyAnswer, () => turn.answer)];

    if (turn.status === 'committed' || turn.status === 'stopped')
        tools.push(thumb(turn, 1, on), thumb(turn, -1, on));
    if (forkPoint(turn) !== null)
        tools.push(iconButton('refresh-cw', words.regenerate, () => on.regenerate(turn)));
    return tools;
}

function thumb(turn, value, on) {
    const pressed = turn.feedback === value;
    const button = iconButton(
        value > 0 ? 'thumbs-up' : 'thumbs-down',
        value > 0 ? words.good : words.bad,
        () => on.judge(turn, pressed ? 0 : value),
    );

    button.setAttribute('aria-pressed', String(pressed));
    return button;
}

/* "< 2/3 >": each arrow opens the chat that goes on the other way. */
function switcher({ ways, ...turn }, on) {
    const group = document.createElement('span');
    const arrow = (name, label, chat) => {
        const button = iconButton(name, label, () => on.switchTo(chat, turn));
        button.disabled = chat === null;
        return button;
    };
    const place = textElement('span', 'ways-place', `${ways.place}/${ways.count}`);

    group.className = 'ways';
    group.setAttribute('role', 'group');
    setLabel(group, words.ways(ways.place, ways.count));
    place.setAttribute('aria-hidden', 'true');
    group.append(
        arrow('chevron-left', words.before, ways.before), place, arrow('chevron-right', words.after, ways.after),
    );
    return group;
}
