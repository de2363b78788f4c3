/* waiting-status - the line that shows what a turn is waiting for, with a countdown. */
import { waitingText } from './turn-text.js';

export function createWaitingStatus(line, label) {
    let timer = null;
    let turn = null;
    let since = 0;

    function set(next) {
        if (next.phase !== turn?.phase || next.wait !== turn.wait) since = Date.now();
        turn = next;
        clearInterval(timer);
        if (turn.phase === 'waiting') timer = setInterval(draw, 1000);
        draw();
    }

    function draw() {
        const elapsed = Math.floor((Date.now() - since) / 1000);
        const text = waitingText({ ...turn, wait: Math.max(0, turn.wait - elapsed) });

        line.hidden = text === '';
        label.textContent = text;
    }

    return { set };
}
