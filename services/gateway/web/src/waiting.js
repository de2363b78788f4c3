/* waiting - the line that says what a turn waits for, and counts down where that has an end. */
import { waitingFor } from './words.js';

export function createWaiting(line, words) {
    let timer = null;
    let turn = null;
    let since = 0;

    function set(next) {
        if (next.phase !== turn?.phase || next.wait !== turn.wait)
            since = Date.now();
        turn = next;
        clearInterval(timer);
        if (turn.phase === 'waiting')
            timer = setInterval(draw, 1000);
        draw();
    }

    function draw() {
        const left = Math.max(0, turn.wait - Math.floor((Date.now() - since) / 1000));
        const text = waitingFor({ ...turn, wait: left });

        line.hidden = text === '';
        words.textContent = text;
    }

    return { set };
}
